/** Taking pages: from files, and with the camera. */

import { Frame } from "./frame.js";
import { html } from "./html.js";
import { t } from "./i18n.js";

export function Capture() {
    return html`<${Frame} title=${t("capture.title")} back="#/" className="capture"></${Frame}>`;
}
