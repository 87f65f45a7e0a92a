// Filled forms in this browser's own IndexedDB: what waits to be sent, and what is not filled in whole yet.
const NAME = "yaotong-visits";
const FORMS = "forms";
let opened = null;

function open() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(FORMS, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
    asked.onblocked = () => fail(new Error("blocked"));
  });
  return opened;
}

async function within(mode, act) {
  const base = await open();
  return new Promise((done, fail) => {
    const work = base.transaction(FORMS, mode);
    const asked = act(work.objectStore(FORMS));
    work.oncomplete = () => done(asked.result);
    work.onerror = () => fail(work.error);
    work.onabort = () => fail(work.error);
  });
}

export const put = (form) => within("readwrite", (forms) => forms.put(form));
export const drop = (key) => within("readwrite", (forms) => forms.delete(key));
export const get = (key) => within("readonly", (forms) => forms.get(key));

// Forms of one person and no other: a phone may be shared.
export async function waiting(who) {
  const all = await within("readonly", (forms) => forms.getAll());
  return all.filter((one) => one.who === who && !one.draft).sort((a, b) => a.at - b.at);
}
