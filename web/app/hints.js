/** Is a camera's picture good enough to be read? Judged by the brightness and blur of a small frame. */

const DARK = 60; // of 255
const BRIGHT = 235;
const MOVED = 8; // mean change of brightness of a cell between two frames
const CELLS = 16; // a side: too coarse for hands that tremble, which blur shows if they do too much
const FLAT = 40; // less contrast: nothing printed is in sight, and blur cannot be seen
const SOFT = 0.22;

/**
 * @typedef {object} Measures
 * @property {number} light  Mean brightness, 0 to 255.
 * @property {number} contrast  Between its darkest and lightest five hundredth, 0 to 255.
 * @property {number} sharpness  How steep the steepest edges are: 1 means from dark to light in one pixel.
 * @property {number} motion  Mean change of a cell since the frame before, 0 to 255.
 * @property {Float32Array} cells  The brightness of each part of the frame, for the next call.
 *
 * @typedef {"dark" | "bright" | "moving" | "blurred" | "good"} Hint
 */

/**
 * @param {Uint8ClampedArray} pixels  RGBA.
 * @param {number} width
 * @param {Float32Array | null} before  `cells` of the frame before.
 * @returns {Measures}
 */
export function measured(pixels, width, before = null) {
    const count = pixels.length / 4;
    const grey = new Uint8Array(count);
    const cells = new Float32Array(CELLS * CELLS);
    const lights = new Uint32Array(256);
    const edges = new Uint32Array(256);
    let sum = 0;
    for (let at = 0; at < count; at++) {
        const i = at * 4;
        const value = ((pixels[i] ?? 0) * 77 + (pixels[i + 1] ?? 0) * 150 + (pixels[i + 2] ?? 0) * 29) >> 8;
        grey[at] = value;
        lights[value] = (lights[value] ?? 0) + 1;
        sum += value;
        const cell = Math.floor((at % width) * CELLS / width) + CELLS * Math.floor(at * CELLS / count);
        cells[cell] = (cells[cell] ?? 0) + (value * CELLS * CELLS) / count;
        const beside = Math.abs(value - (at % width ? (grey[at - 1] ?? 0) : value));
        const above = Math.abs(value - (grey[at - width] ?? value));
        const edge = Math.max(beside, above);
        edges[edge] = (edges[edge] ?? 0) + 1;
    }
    const contrast = below(lights, count * 0.998) - below(lights, count * 0.002);
    return {
        light: sum / count,
        contrast,
        sharpness: contrast ? below(edges, count * 0.998) / contrast : 0,
        motion: before ? cells.reduce((all, each, at) => all + Math.abs(each - (before[at] ?? 0)), 0) / cells.length : 0,
        cells,
    };
}

/**
 * The value that so many are at most.
 *
 * @param {Uint32Array} counts  By value.
 * @param {number} wanted
 */
function below(counts, wanted) {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) >= wanted);
}

/**
 * What to tell the person: the worst first.
 *
 * @param {Measures} measures
 * @returns {Hint}
 */
export function hintOf({ light, contrast, sharpness, motion }) {
    if (light < DARK) return "dark";
    if (light > BRIGHT && contrast < FLAT) return "bright";
    if (motion > MOVED) return "moving";
    if (contrast >= FLAT && sharpness < SOFT) return "blurred";
    return "good";
}
