/** The word that is spoken: which one it is, and its light on the photo and in the text. */

/** @typedef {import("./story_source.js").Polygon} Polygon */

/**
 * The last of some spans that has begun.
 *
 * @param {{ begin: number }[]} spans  In order.
 * @param {number} ms
 * @returns {number}  -1: none has.
 */
export function lastBegun(spans, ms) {
    let low = 0;
    let high = spans.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (/** @type {{ begin: number }} */ (spans[middle]).begin <= ms) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

/**
 * The word that is heard at a time.
 *
 * @param {{ begin: number, until: number }[]} words  In order.
 * @param {number} ms
 * @returns {number}  -1: a pause.
 */
export function wordAt(words, ms) {
    const index = lastBegun(words, ms);
    return ms < (words[index]?.until ?? 0) ? index : -1;
}

/**
 * Call `show` with the clock's time: in each animation frame while it plays, and once when it is set.
 *
 * @param {HTMLMediaElement} audio
 * @param {(ms: number) => void} show
 * @returns {() => void}  Ends it.
 */
export function follow(audio, show) {
    let frame = 0;
    function step() {
        frame = audio.paused ? 0 : requestAnimationFrame(step);
        show(audio.currentTime * 1000);
    }
    function look() {
        if (!frame) step();
        else show(audio.currentTime * 1000);
    }
    const events = ["play", "pause", "ended", "seeking", "seeked", "loadedmetadata"];
    for (const event of events) audio.addEventListener(event, look);
    look();
    return () => {
        cancelAnimationFrame(frame);
        for (const event of events) audio.removeEventListener(event, look);
    };
}

/**
 * The outline of a word on the photo, a little larger than the word so that its letters stay free.
 *
 * @param {Polygon[]} polygons  In fractions.
 * @param {{ width: number, height: number }} image  In pixels.
 * @param {number} [margin]  A part of the word's height.
 * @returns {string}  An SVG path in pixels; empty if nobody knows where the word is.
 */
export function outlineOf(polygons, { width, height }, margin = 0.14) {
    return polygons
        .map((polygon) => {
            const corners = polygon.map(([x, y]) => [x * width, y * height]);
            const [topLeft, topRight, , bottomLeft] = /** @type {[number, number][]} */ (corners);
            if (!topLeft || !topRight || !bottomLeft) return "";
            const right = [topRight[0] - topLeft[0], topRight[1] - topLeft[1]];
            const down = [bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]];
            const wide = Math.hypot(...right) || 1;
            const high = Math.hypot(...down) || 1;
            const aside = (margin * high) / wide;
            const around = [
                [-aside, -margin],
                [aside, -margin],
                [aside, margin],
                [-aside, margin],
            ];
            const points = corners.map(([x = 0, y = 0], index) => {
                const [across = 0, along = 0] = around[index] ?? [];
                return [0, 1].map((axis) =>
                    ((axis ? y : x) + across * (right[axis] ?? 0) + along * (down[axis] ?? 0)).toFixed(1),
                );
            });
            return `M${points.map((point) => point.join(" ")).join("L")}Z`;
        })
        .join("");
}

/**
 * The light of one story's words. It writes only what changes.
 *
 * @param {object} places
 * @param {import("./story_source.js").Word[]} places.words
 * @param {{ width: number, height: number }} places.image
 * @param {Element | null} places.photo  Has a group `.lit` of paths.
 * @param {Element | null} places.text  Has elements `[data-word]`.
 * @returns {(index: number) => boolean}  Lights a word (-1: none), and returns whether that is another one than before.
 */
export function lights({ words, image, photo, text }) {
    const group = photo?.querySelector(".lit") ?? null;
    const paths = [...(group?.querySelectorAll("path") ?? [])];
    /** @type {Map<number, Element[]>} */
    const spans = new Map();
    for (const span of text?.querySelectorAll("[data-word]") ?? []) {
        const index = Number(span.getAttribute("data-word"));
        spans.set(index, [...(spans.get(index) ?? []), span]);
    }
    let lit = -1;
    return (index) => {
        if (index === lit) return false;
        for (const span of spans.get(lit) ?? []) span.removeAttribute("data-lit");
        for (const span of spans.get(index) ?? []) span.setAttribute("data-lit", "");
        const outline = outlineOf(words[index]?.polygons ?? [], image);
        for (const path of paths) path.setAttribute("d", outline);
        if (index < 0) group?.removeAttribute("data-lit");
        else group?.setAttribute("data-lit", String(index));
        lit = index;
        return true;
    };
}
