/* Keeps the page itself, so that it opens at once, and without a network. Stories come from the network. */

const FILES = /*FILES*/ [];
const CACHE = `storytime-${FILES.find((path) => path.endsWith("/main.js")) ?? "now"}`;
const TOP = "/";

addEventListener("install", (event) => {
    event.waitUntil(
        (async () => {
            const cache = await caches.open(CACHE);
            await cache.addAll(FILES);
            await self.skipWaiting();
        })(),
    );
});

addEventListener("activate", (event) => {
    event.waitUntil(
        (async () => {
            const names = await caches.keys();
            await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
            await self.clients.claim();
        })(),
    );
});

addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (pathname === TOP) event.respondWith(newestOrKept(request));
    else if (FILES.includes(pathname)) event.respondWith(kept(request));
});

/** The newest page, so that nobody stays with an old one; without a network, the one that is kept. */
async function newestOrKept(request) {
    try {
        const response = await fetch(request);
        if (response.ok) return response;
    } catch {
        // No network.
    }
    return (await caches.match(TOP)) ?? Response.error();
}

/** Files in the folder of one version never change. */
async function kept(request) {
    return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
