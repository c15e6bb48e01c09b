/** Fill patterns of a page's own features, so that no difference rests on colour alone. */

const SIZE = 16;
const DRAWINGS = {
  added: { colour: "#1f7a3a", draw: plus },
  removed: { colour: "#a02c1b", draw: slashes },
  marked: { colour: "#7a3d00", draw: dots },
};

/** Line dashes of the same three for engines without fill patterns. */
export const DASHES = { added: "1 6", removed: "8 4", marked: "2 3" };

/** Add the images `pattern-<name>` to a MapLibre map. */
export function addPatterns(map) {
  for (const [name, { colour, draw }] of Object.entries(DRAWINGS)) {
    const id = `pattern-${name}`;
    if (!map.hasImage(id)) {
      map.addImage(id, image(colour, draw));
    }
  }
}

function image(colour, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = 2;
  draw(pen);
  return pen.getImageData(0, 0, SIZE, SIZE);
}

function plus(pen) {
  line(pen, SIZE / 2, 3, SIZE / 2, 13);
  line(pen, 3, SIZE / 2, 13, SIZE / 2);
}

// Drawn beyond the edges, so that the tiles join.
function slashes(pen) {
  for (const shift of [-SIZE / 2, 0, SIZE / 2, SIZE]) {
    line(pen, shift - 2, SIZE / 2 + 2, shift + SIZE / 2 + 2, -2);
    line(pen, shift - 2, SIZE + 2, shift + SIZE / 2 + 2, SIZE / 2 - 2);
  }
}

function dots(pen) {
  for (const [x, y] of [
    [4, 4],
    [12, 12],
  ]) {
    pen.beginPath();
    pen.arc(x, y, 2.2, 0, 2 * Math.PI);
    pen.fill();
  }
}

function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}
