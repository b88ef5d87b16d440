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
 * The outline of a word on the photo.
 *
 * @param {Polygon[]} polygons  In fractions.
 * @param {{ width: number, height: number }} image  In pixels.
 * @param {number} [margin]  How far from the word, in pixels of the image.
 * @returns {string}  An SVG path in these pixels; empty if nobody knows where the word is.
 */
export function outlineOf(polygons, { width, height }, margin = 0) {
    return polygons
        .map((polygon) => {
            const corners = polygon.map(([x, y]) => /** @type {[number, number]} */ ([x * width, y * height]));
            const [topLeft, topRight, , bottomLeft] = corners;
            if (!topLeft || !topRight || !bottomLeft) return "";
            const right = unit(topLeft, topRight);
            const down = unit(topLeft, bottomLeft);
            const points = corners.map(([x, y], index) => {
                const aside = index === 1 || index === 2 ? margin : -margin;
                const below = index > 1 ? margin : -margin;
                return [x + aside * right[0] + below * down[0], y + aside * right[1] + below * down[1]];
            });
            return `M${points.map((point) => point.map((each) => each.toFixed(1)).join(" ")).join("L")}Z`;
        })
        .join("");
}

/**
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @returns {[number, number]}
 */
function unit(from, to) {
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(x, y) || 1;
    return [x / length, y / length];
}

/**
 * The frame around a word on the photo: a dark ring, and a light one around it. Both are as wide as
 * the word's size asks for, but never too thin to be seen; its letters stay free.
 *
 * @param {Polygon[]} polygons
 * @param {{ width: number, height: number }} image
 * @param {number} scale  Pixels of the screen for one of the image.
 * @returns {{ path: string, width: number }[]}  The light ring, and the dark one.
 */
export function framesOf(polygons, image, scale) {
    const [[, top] = [0, 0], , , [, bottom] = [0, 0]] = polygons[0] ?? [];
    const high = Math.abs(bottom - top) * image.height;
    const gap = Math.max(0.04 * high, 0.5 / scale);
    const dark = Math.max(0.08 * high, 2 / scale);
    const light = Math.max(0.05 * high, 1.5 / scale);
    return [
        { path: outlineOf(polygons, image, gap + dark + light / 2), width: light + dark / 4 }, // no seam between them
        { path: outlineOf(polygons, image, gap + dark / 2), width: dark },
    ];
}

/**
 * The light of one story's words. It writes only what changes.
 *
 * @param {object} places
 * @param {import("./story_source.js").Word[]} places.words
 * @param {{ width: number, height: number }} places.image
 * @param {Element | null} places.photo  Has groups of two paths.
 * @param {Element | null} places.text  Has elements `[data-word]`.
 * @param {string} [places.group]  Which group lights: "lit", or "chosen" for the word that has the focus.
 * @returns {(index: number) => boolean}  Lights a word (-1: none), and returns whether that is another one than before.
 */
export function lights({ words, image, photo, text, group: name = "lit" }) {
    const group = photo?.querySelector(`.${name}`) ?? null;
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
        const scale = (photo?.getBoundingClientRect().width || image.width) / image.width;
        for (const span of spans.get(lit) ?? []) span.removeAttribute("data-lit");
        for (const span of spans.get(index) ?? []) span.setAttribute("data-lit", "");
        const frames = framesOf(words[index]?.polygons ?? [], image, scale);
        paths.forEach((path, ring) => {
            path.setAttribute("d", frames[ring]?.path ?? "");
            path.setAttribute("stroke-width", (frames[ring]?.width ?? 0).toFixed(1));
        });
        if (index < 0) group?.removeAttribute("data-lit");
        else group?.setAttribute("data-lit", String(index));
        lit = index;
        return true;
    };
}
