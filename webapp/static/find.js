// Ask the browser where it is, when the citizen presses the button; the position goes into this one search.
const form = document.querySelector("[data-finder]");
const button = form.querySelector("[data-locate]");
const said = form.querySelector("[data-said]");
const [lon, lat] = [form.elements.lon, form.elements.lat];

function forget() {
  lon.disabled = lat.disabled = true;
  lon.value = lat.value = "";
}

function found(position) {
  // Four decimals are ten metres: enough to order shops by distance.
  lon.value = position.coords.longitude.toFixed(4);
  lat.value = position.coords.latitude.toFixed(4);
  lon.disabled = lat.disabled = false;
  if (form.elements.town) form.elements.town.value = "";
  form.submit();
}

if (navigator.geolocation && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    said.textContent = said.dataset.asking;
    const failed = () => { said.textContent = said.dataset.failed; };
    navigator.geolocation.getCurrentPosition(found, failed, { timeout: 10000, maximumAge: 60000 });
  });
}

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-town]")) forget();
  if (event.target.matches("[data-town], [data-now], input[type=checkbox]")) form.requestSubmit();
});
