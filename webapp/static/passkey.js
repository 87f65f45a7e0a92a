// A form that is sent with what a passkey answered. Browsers speak bytes, forms text: base64url in between.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function asked(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const one of list || []) one.id = bytes(one.id);
  }
  return options;
}

function answered(credential) {
  const given = credential.response;
  const response = { clientDataJSON: text(given.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = text(given[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    said.textContent = "";
    try {
      const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error("refused");
      const publicKey = asked(await answer.json());
      form.elements.answer.value = answered(await navigator.credentials[form.dataset.kind]({ publicKey }));
      form.submit();
    } catch {
      said.textContent = form.dataset.failed;
    }
  });
}
