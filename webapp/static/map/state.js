// What is asked for: one value that the maps, the panel, the table and the address are made from.

export function makeState(config, asked) {
  const usual = config.categories[0][0];
  const filters = config.filters || [];
  const state = {
    category: config.categories.some(([key]) => key === asked.category) ? asked.category : usual,
    selected: asked.selected,
    day: asked.day || config.as_of,
    known: Boolean(asked.known) && Boolean(config.first),
    box: asked.box,
    filters: Object.fromEntries(filters.filter((one) => asked.filters[one.key]).map((one) => [one.key, asked.filters[one.key]])),
  };

  // Only what is not the usual is asked for, so that equal questions have equal addresses.
  function ask() {
    const said = { ...state.filters };
    if (state.category !== usual) said.category = state.category;
    if (state.day && (state.day !== config.last || state.known)) said.as_of = state.day;
    if (state.known && state.day) said.known = state.day;
    return said;
  }

  function address() {
    return {
      category: state.category === usual ? null : state.category,
      selected: state.selected,
      day: state.day === config.last ? null : state.day,
      known: state.known ? "1" : null,
      filters: state.filters,
      box: state.box,
    };
  }

  // The chosen category by name; "" for all special drugs.
  function categoryName() {
    return state.category === usual ? "" : config.categories.find(([key]) => key === state.category)[1];
  }

  return { state, ask, address, categoryName };
}
