/** Pictures and strokes: photos made small before they travel, and a signature drawn on the glass. */

const LONGEST_SIDE = 2048;
const QUALITY = 0.85;
const INK = "#14203a";

/** Return the photo as a JPEG of at most 2048 pixels; the file itself where this browser cannot read it. */
export async function smaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return blob ?? file;
  } catch {
    return file;
  }
}

/** Let people draw on `canvas`; returns `{ value(), clear() }`, the value being a PNG data address or "". */
export function drawable(canvas) {
  const context = canvas.getContext("2d");
  let isEmpty = true;
  let isDrawing = false;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * canvas.width) / box.width,
      ((event.clientY - box.top) * canvas.height) / box.height,
    ];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    isDrawing = true;
    context.lineWidth = 3.5;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = INK;
    context.beginPath();
    context.moveTo(...place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (isDrawing) {
      context.lineTo(...place(event));
      context.stroke();
      isEmpty = false;
    }
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      isDrawing = false;
    });
  }
  return {
    value: () => (isEmpty ? "" : canvas.toDataURL("image/png")),
    clear: () => {
      context.clearRect(0, 0, canvas.width, canvas.height);
      isEmpty = true;
    },
  };
}

/** Where the device is: `{ lat, lon, accuracy }`; rejects when the person or the device refuses. */
export function whereAmI() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error("no geolocation"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude, accuracy: coords.accuracy }),
      reject,
      { enableHighAccuracy: true, timeout: 30_000, maximumAge: 0 },
    );
  });
}
