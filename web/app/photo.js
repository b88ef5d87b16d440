/** Photos before they are sent: what a file is, and the page upright, small enough, without metadata. */

const MAX_BYTES = 4_000_000; // the API takes 4,400,000
const MAX_SIDE = 3000; // 12 point on a page of A4 is then 40 pixels high: more is not read better
const MIN_SIDE = 80; // the API's
const MAX_RATIO = 8; // of the sides of a large photo: the API's
const MAX_FILE_BYTES = 100_000_000; // no phone takes a larger photo; a video may be
const QUALITIES = [0.9, 0.8, 0.7, 0.6];
const PICTURE_SIDE = 320;
const BEGINNING = 32;

/** @typedef {"jpeg" | "png" | "gif" | "webp" | "heic" | "avif" | "video" | "pdf" | "other"} Kind */

/** A file that cannot become a page. `message` is the key of the sentence that says why. */
export class PhotoProblem extends Error {}

/**
 * What a file is, whatever its name says.
 *
 * @param {Uint8Array} bytes  Its first 32.
 * @returns {Kind}
 */
export function kindOf(bytes) {
    const text = String.fromCharCode(...bytes);
    if (text.startsWith("\xff\xd8\xff")) return "jpeg";
    if (text.startsWith("\x89PNG\r\n")) return "png";
    if (text.startsWith("GIF8")) return "gif";
    if (text.startsWith("%PDF")) return "pdf";
    if (text.startsWith("RIFF")) return text.startsWith("WEBP", 8) ? "webp" : "video";
    if (text.startsWith("\x1a\x45\xdf\xa3")) return "video"; // WebM, Matroska
    if (text.startsWith("moov", 4) || text.startsWith("mdat", 4)) return "video"; // old QuickTime
    if (!text.startsWith("ftyp", 4)) return "other";
    if (/^(hei[cxms]|hev[cxms]|mif1|msf1)/.test(text.slice(8))) return /avif/.test(text) ? "avif" : "heic";
    return /^avi[fs]/.test(text.slice(8)) ? "avif" : "video";
}

/**
 * Refuse what is no photo, before anything is kept of it.
 *
 * @param {Blob} file
 * @returns {Promise<Kind>}
 * @throws {PhotoProblem}
 */
export async function checked(file) {
    const beginning = await file.slice(0, BEGINNING).arrayBuffer().catch(unreadable);
    const kind = kindOf(new Uint8Array(beginning));
    if (kind === "video" || kind === "pdf" || kind === "other") throw new PhotoProblem(`photo.${kind}`);
    if (file.size > MAX_FILE_BYTES) throw new PhotoProblem("photo.large");
    return kind;
}

/** @returns {never} A file that was moved, or that a cloud does not deliver. */
function unreadable() {
    throw new PhotoProblem("photo.gone");
}

/**
 * Size of an image whose longer side is at most `longest` pixels.
 *
 * @param {number} width
 * @param {number} height
 * @param {number} longest
 */
export function sizeWithin(width, height, longest) {
    const scale = Math.min(1, longest / Math.max(width, height));
    return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * The photo as it is sent, and a small picture of it for lists.
 *
 * It is always encoded anew, so that place, time and phone stay here. The same photo becomes the same
 * bytes, by which the API knows it again.
 *
 * @param {Blob} file
 * @returns {Promise<{ photo: Blob, picture: Blob }>}  JPEGs, upright.
 * @throws {PhotoProblem}
 */
export async function shrunk(file) {
    const kind = await checked(file);
    const { width, height } = await sizeOf(file, kind);
    const isLong = Math.max(width, height) > MAX_RATIO * Math.min(width, height);
    if (isLong && Math.max(width, height) > MAX_SIDE) throw new PhotoProblem("photo.long");
    if (Math.min(width, height) < MIN_SIDE) throw new PhotoProblem("photo.small");

    const { canvas, photo } = await photoOf(file, sizeWithin(width, height, MAX_SIDE));
    const small = drawn(canvas, sizeWithin(canvas.width, canvas.height, PICTURE_SIDE));
    const picture = await jpeg(small, 0.8);
    canvas.width = small.width = 0; // gives the memory back at once
    return { photo, picture };
}

/**
 * The image element reads the size, and turns by the orientation, without decoding 40 megapixels.
 *
 * @param {Blob} file
 * @param {Kind} kind
 */
async function sizeOf(file, kind) {
    const image = new Image();
    const url = URL.createObjectURL(file);
    try {
        await new Promise((resolve, reject) => {
            image.onload = resolve;
            image.onerror = reject;
            image.src = url;
        });
        return { width: image.naturalWidth, height: image.naturalHeight };
    } catch {
        throw new PhotoProblem(kind === "heic" || kind === "avif" ? "photo.unknown" : "photo.damaged");
    } finally {
        URL.revokeObjectURL(url);
    }
}

/**
 * @param {Blob} file
 * @param {{ width: number, height: number }} size
 * @returns {Promise<{ canvas: HTMLCanvasElement, photo: Blob }>}
 */
async function photoOf(file, size) {
    let canvas = drawn(await decoded(file, size), size);
    for (;;) {
        for (const quality of QUALITIES) {
            const photo = await jpeg(canvas, quality);
            if (photo.size <= MAX_BYTES) return { canvas, photo };
        }
        canvas = drawn(canvas, sizeWithin(canvas.width, canvas.height, Math.max(canvas.width, canvas.height) * 0.8));
    }
}

/**
 * Decode beside the page's thread, scaled and upright, and refuse a photo whose end is missing. The
 * option that asks for upright has another name before Safari 17.2; it is the default everywhere.
 *
 * @param {Blob} file
 * @param {{ width: number, height: number }} size
 */
async function decoded(file, size) {
    try {
        return await createImageBitmap(file, {
            resizeWidth: size.width,
            resizeHeight: size.height,
            resizeQuality: "high",
        });
    } catch {
        throw new PhotoProblem("photo.damaged");
    }
}

/**
 * @param {ImageBitmap | HTMLCanvasElement | HTMLVideoElement} image
 * @param {{ width: number, height: number }} size
 */
export function drawn(image, { width, height }) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (!context) throw new PhotoProblem("photo.memory");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff"; // JPEG knows no transparency, and pages are printed on white
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    if (image instanceof ImageBitmap) image.close();
    return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
export async function jpeg(canvas, quality) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (!blob) throw new PhotoProblem("photo.memory");
    return blob;
}
