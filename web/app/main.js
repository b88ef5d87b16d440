/** Starts the page: joins by a link, then shows the screen that the address names. */

import { Announcements } from "./announce.js";
import { Capture } from "./capture.js";
import { html, render, useEffect } from "./html.js";
import { applyLanguage, interfaceLanguage, t } from "./i18n.js";
import { Join } from "./join.js";
import { Reader } from "./reader.js";
import { address, replaceWith } from "./router.js";
import { join, session } from "./session.js";
import { Settings, applyTheme } from "./settings.js";
import { Shelf } from "./shelf.js";
import { useStore } from "./store.js";
import { demoStory, ownStory, sharedStory } from "./story_source.js";

function App() {
    const { route } = useStore(address);
    const { token, refused } = useStore(session);
    useStore(interfaceLanguage); // draws every text anew
    const needsToken = route.screen !== "demo" && route.screen !== "shared";
    // A story that is open is heard to its end: what is loaded needs no token.
    const isRefused = refused && route.screen !== "story";
    const screen = needsToken && (token === null || isRefused) ? "join" : route.screen;
    useEffect(() => document.querySelector("h1")?.focus(), [screen]);
    return html`
        ${screen === "join" ? html`<${Join} refused=${refused} />` : html`<${Screen} route=${route} />`}
        <${Announcements} />
    `;
}

/** @param {{ route: import("./router.js").Route }} props */
function Screen({ route }) {
    switch (route.screen) {
        case "take":
            return html`<${Capture} />`;
        case "story":
            return html`<${Reader} key=${route.id} source=${ownStory(route.id)} />`;
        case "shared":
            return html`<${Reader} key=${location.hash} source=${sharedStory(route)} />`;
        case "demo":
            return html`<${Reader} key="demo" source=${demoStory()} />`;
        case "settings":
            return html`<${Settings} />`;
        default:
            return html`<${Shelf} />`;
    }
}

/** Take the token of a join link, and remove it from the address and the history at once. */
function joinByLink() {
    const { route } = address.get();
    if (route.screen !== "join") return;
    join(route.token);
    replaceWith("#/");
}

joinByLink();
address.subscribe(joinByLink);
applyTheme();
applyLanguage().then(() => {
    const place = document.getElementById("app");
    if (place) render(html`<${App} />`, place);
});
if ("serviceWorker" in navigator) {
    // After the first screen: what it keeps for the next time must not delay this one.
    addEventListener("load", () => {
        navigator.serviceWorker.register("/service-worker.js").catch(() => {
            // With a self-signed certificate, browsers refuse it: the page works without.
        });
    });
}
