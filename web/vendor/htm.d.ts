import type { VNode } from "preact";

declare const htm: {
    bind(h: Function): (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
};
export default htm;
