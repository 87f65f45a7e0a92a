// Where data comes from: addresses below one URL, or a table inside a page that stands alone.

export function makeSource(config) {
  if (config.embedded) {
    return async (name) => {
      if (!(name in config.embedded)) throw new Error(`页面中没有数据 ${name}`);
      return config.embedded[name];
    };
  }
  const kept = new Map();
  return (name) => {
    if (!kept.has(name)) kept.set(name, fetchJson(addressOf(config, name)));
    return kept.get(name);
  };
}

function addressOf(config, name) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `${config.url}/${path}.json${config.query ? `?${config.query}` : ""}`;
}

async function fetchJson(address) {
  const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`数据未能读取（${response.status}）`);
  return response.json();
}
