/** Is a camera's picture good enough to be read? Judged by the brightness and blur of a small frame. */

const DARK = 60; // of 255
const BRIGHT = 235;
const MOVED = 14; // mean change of brightness between two frames
const FLAT = 40; // less contrast: nothing printed is in sight, and blur cannot be seen
const SOFT = 0.22;

/**
 * @typedef {object} Measures
 * @property {number} light  Mean brightness, 0 to 255.
 * @property {number} contrast  Between its darkest and lightest five hundredth, 0 to 255.
 * @property {number} sharpness  How steep the steepest edges are: 1 means from dark to light in one pixel.
 * @property {number} motion  Mean change since the frame before, 0 to 255.
 * @property {Uint8Array} grey  The frame's brightness, for the next call.
 *
 * @typedef {"dark" | "bright" | "moving" | "blurred" | "good"} Hint
 */

/**
 * @param {Uint8ClampedArray} pixels  RGBA.
 * @param {number} width
 * @param {Uint8Array | null} before  `grey` of the frame before, of the same size.
 * @returns {Measures}
 */
export function measured(pixels, width, before = null) {
    const count = pixels.length / 4;
    const grey = new Uint8Array(count);
    const lights = new Uint32Array(256);
    const edges = new Uint32Array(256);
    let sum = 0;
    let change = 0;
    for (let at = 0; at < count; at++) {
        const i = at * 4;
        const value = ((pixels[i] ?? 0) * 77 + (pixels[i + 1] ?? 0) * 150 + (pixels[i + 2] ?? 0) * 29) >> 8;
        grey[at] = value;
        lights[value] = (lights[value] ?? 0) + 1;
        sum += value;
        if (before) change += Math.abs(value - (before[at] ?? 0));
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
        motion: change / count,
        grey,
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
