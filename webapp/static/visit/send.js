// Send one kept form under its own key. The server counts a key once, so an answer that was lost costs nothing.
const PATIENCE_MS = 90000;

// {state: done | refused | signin | later, text}
export async function send(one, token) {
  const body = new FormData();
  for (const [name, value] of one.fields) body.append(name, value);
  for (const file of one.files) body.append("photos", file.blob, file.name);
  body.set("csrf_token", token);
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(one.path, {
      method: "POST", body, credentials: "same-origin", signal: stop.signal,
      headers: { Accept: "application/json", "Idempotency-Key": one.key },
    });
    return await read(answer);
  } catch {
    return { state: "later", text: "" };
  } finally {
    clearTimeout(clock);
  }
}

async function read(answer) {
  if (answer.status >= 500) return { state: "later", text: "" };
  const kind = answer.headers.get("Content-Type") || "";
  // A page instead of data: the session is over, or this page is too old to be believed.
  if (!kind.includes("json")) return { state: answer.status === 413 ? "refused" : "signin", text: "" };
  const told = await answer.json();
  if (answer.ok) return { state: "done", text: String(told.visit_id) };
  return { state: "refused", text: told.detail || told.title || "" };
}
