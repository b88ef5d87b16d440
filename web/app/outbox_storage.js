/** Keeps captured pages in IndexedDB until they are stories, so that a reload loses none. */

const DATABASE = "storytime";
const PAGES = "pages";

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
    opened ??= new Promise((resolve, reject) => {
        const request = indexedDB.open(DATABASE, 1);
        request.onupgradeneeded = () => request.result.createObjectStore(PAGES, { keyPath: "id" });
        request.onsuccess = () => {
            request.result.onclose = () => (opened = null); // some phones close it in the background
            resolve(request.result);
        };
        request.onerror = () => {
            opened = null; // another try may work
            reject(request.error);
        };
    });
    return opened;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(pages: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function within(mode, work) {
    const transaction = (await database()).transaction(PAGES, mode);
    const request = work(transaction.objectStore(PAGES));
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
}

/** @returns {Promise<import("./outbox_rules.js").Page[]>} */
export function storedPages() {
    return within("readonly", (pages) => pages.getAll());
}

/** @param {import("./outbox_rules.js").Page} page */
export function storePage(page) {
    return within("readwrite", (pages) => pages.put(page));
}

/** @param {string} id */
export function dropPage(id) {
    return within("readwrite", (pages) => pages.delete(id));
}
