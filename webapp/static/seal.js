// Read a seal's code with the camera, where the browser knows codes; pictures stay in this page.
// A code that a phone's own scanner led here with stands behind the "#": browsers send that to nobody.
const form = document.querySelector("[data-seal]");
const [code, said] = [form.elements.code, form.querySelector("[data-said]")];
const [scan, box, view] = ["scan", "scanner", "view"].map((name) => form.querySelector(`[data-${name}]`));

if (location.hash.length > 1) {
  try { code.value = decodeURIComponent(location.hash.slice(1)).slice(0, 60); } catch { code.value = ""; }
  history.replaceState(null, "", location.pathname + location.search);
}

function textOf(raw) {
  // A code may be written as an address that ends in it.
  const tail = raw.split(/[#?/=]/).pop() || raw;
  return tail.slice(0, 60);
}

async function look(detector, stream) {
  const stop = () => { for (const track of stream.getTracks()) track.stop(); box.hidden = true; };
  view.srcObject = stream;
  await view.play();
  for (let tries = 0; tries < 300 && !box.hidden; tries += 1) {
    const found = await detector.detect(view);
    if (found.length) {
      stop();
      said.textContent = "";
      code.value = textOf(found[0].rawValue);
      form.submit();
      return;
    }
    await new Promise((go) => { setTimeout(go, 100); });
  }
  stop();
}

if ("BarcodeDetector" in window && navigator.mediaDevices && window.isSecureContext) {
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    try {
      box.hidden = false;
      said.textContent = said.dataset.looking;
      const detector = new window.BarcodeDetector();
      await look(detector, await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }));
    } catch {
      box.hidden = true;
      said.textContent = said.dataset.failed;
    }
  });
}
