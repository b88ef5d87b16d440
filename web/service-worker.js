/* Keeps the page itself and its demo, so that they open at once, and without a network. Stories come from the network. */

/** All files of this version: what `make deploy` publishes writes their paths here. */
const FILES = /** @type {string[]} */ (/*FILES*/ []);
const TOP = "/";
const MS_TO_ANSWER = 5000; // a network that hangs is none
const CACHE = `storytime-${FILES[0] ?? ""}`; // its folder is that of the version
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
    event.waitUntil(
        (async () => {
            const cache = await caches.open(CACHE);
            await cache.addAll([TOP, ...FILES]);
            await worker.skipWaiting();
        })(),
    );
});

worker.addEventListener("activate", (event) => {
    event.waitUntil(
        (async () => {
            const names = await caches.keys();
            await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
            await worker.clients.claim();
        })(),
    );
});

worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (pathname === TOP) event.respondWith(newestOrKept(request));
    else if (FILES.includes(pathname)) event.respondWith(kept(request));
});

/**
 * The newest page, so that nobody stays with an old one; without a network, the one that is kept.
 *
 * @param {Request} request
 */
async function newestOrKept(request) {
    try {
        const response = await fetch(request, { signal: AbortSignal.timeout(MS_TO_ANSWER) });
        if (response.ok) return response;
    } catch {
        // No network.
    }
    return (await caches.match(TOP)) ?? Response.error();
}

/**
 * Files in the folder of a version never change.
 *
 * @param {Request} request
 */
async function kept(request) {
    const response = await caches.match(request.url, { ignoreVary: true });
    if (!response) return fetch(request);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "");
    return range ? partOf(response, Number(range[1]), range[2] ?? "") : response;
}

/**
 * A player asks for parts of an MP3; Safari plays nothing else.
 *
 * @param {Response} response
 * @param {number} first
 * @param {string} end  Empty: of the file.
 */
async function partOf(response, first, end) {
    const whole = await response.blob();
    const last = Math.min(end === "" ? Infinity : Number(end), whole.size - 1);
    if (first > last) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${whole.size}` } });
    const headers = {
        "Content-Type": whole.type,
        "Content-Range": `bytes ${first}-${last}/${whole.size}`,
        "Accept-Ranges": "bytes",
    };
    return new Response(whole.slice(first, last + 1, whole.type), { status: 206, headers });
}
