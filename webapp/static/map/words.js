// Texts of the page in the reader's language: the Chinese text is the key, as everywhere else.

let catalogue = {};

export function learnWords(words) {
  catalogue = words || {};
}

// say("{n} 家", { n: 3 }) puts values into a text; values are text, never markup.
export function say(text, values = {}) {
  const told = catalogue[text] || text;
  return told.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
