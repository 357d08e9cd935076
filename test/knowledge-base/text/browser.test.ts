import type { Browser, Page } from "playwright-core";
import { render } from "../../../services/knowledge-base/text/render.ts";
import { sanitizeArticle } from "../../../services/knowledge-base/text/sanitize.ts";
import { chromiumPath, startBrowser } from "../../support/browser.ts";
import { readArticle } from "./allow-list.ts";
import { PAYLOADS } from "./xss-corpus.ts";

/*
 * What articles render to, in a real browser: read as a page, put in by a script, written and read again; every event
 * sent to every element, every link clicked. No dialog opens, nothing is asked of the network but the links themselves.
 */

const PAGE = "https://desk.invalid/help/articles/one";

interface Findings {
	dialogs: string[];
	requests: string[];
}

let browser: Browser;

/** A page whose every request is answered with nothing, and written down. */
async function watchedPage(): Promise<{ page: Page; findings: Findings }> {
	const page = await browser.newPage();
	const findings: Findings = { dialogs: [], requests: [] };
	page.on("dialog", (dialog) => {
		findings.dialogs.push(dialog.message());
		void dialog.dismiss();
	});
	page.on("popup", (popup) => findings.requests.push(`popup ${popup.url()}`));
	await page.context().route("**/*", async (route) => {
		const url = route.request().url();
		if (url === PAGE) return await route.fulfill({ contentType: "text/html", body: "<!doctype html><main></main>" });
		findings.requests.push(url);
		// An answer without content: the page stays where it is.
		return await route.fulfill({ status: 204 });
	});
	await page.goto(PAGE);
	return { page, findings };
}

/** For the page: sends all that a reader could do to all that is there, but for following links. */
const TOUCH_EVERYTHING = `(async () => {
	const events = ["mouseover", "mouseenter", "mousedown", "pointerenter", "pointerdown", "focus", "focusin", "blur"];
	const more = ["load", "error", "toggle", "animationstart", "transitionend", "keydown", "wheel", "input", "submit"];
	const stay = (event) => event.preventDefault();
	document.addEventListener("click", stay);
	for (const element of document.querySelectorAll("main, main *")) {
		for (const name of [...events, ...more, "click"])
			element.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
		element.focus?.();
	}
	document.removeEventListener("click", stay);
	await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
})()`;

/** For the page: follows a link, and tells where it leads as the browser reads it. */
const clickLink = (index: number): string => `(async () => {
	const link = document.querySelectorAll("main a")[${index}];
	link.click();
	// Scripts of "javascript:" links run in a task of their own, before this one.
	await new Promise((done) => setTimeout(done));
	return link.href;
})()`;

/** For the page: puts HTML in, then writes what was read of it and reads that again. */
const show = (html: string): string => `(() => {
	const main = document.querySelector("main");
	main.innerHTML = ${JSON.stringify(html)};
	const again = document.createElement("div");
	again.innerHTML = main.innerHTML;
	main.append(again);
})()`;

async function clickLinks(page: Page): Promise<string[]> {
	const count = await page.locator("main a").count();
	const targets: string[] = [];
	for (let at = 0; at < count; at += 1) targets.push(await page.evaluate<string>(clickLink(at)));
	return targets;
}

const withoutHash = (url: string): string => url.replace(/#.*$/, "");

const describeWithBrowser = chromiumPath() || process.env.CI === "true" ? describe : describe.skip;

describeWithBrowser("in Chromium (skipped where there is none; CHROMIUM_PATH says where it is)", () => {
	beforeAll(async () => {
		browser = await startBrowser();
	}, 60_000);
	afterAll(() => browser?.close());

	test("the watch sees what runs and what is loaded", async () => {
		const { page, findings } = await watchedPage();
		await page.evaluate(
			show('<img src="https://evil.invalid/a.png" onerror="alert(1)"><a href="javascript:alert(2)">a</a>'),
		);
		await page.evaluate(show('<a href="javascript:alert(3)">a</a><p onfocus="alert(4)" tabindex="0">b</p>'));
		await page.evaluate(TOUCH_EVERYTHING);
		await clickLinks(page);
		expect(findings.requests).toContain("https://evil.invalid/a.png");
		expect(findings.dialogs).toEqual(expect.arrayContaining(["3", "4"]));
		await page.close();
	});

	test("the corpus, rendered and put into a page by a script, opens nothing and asks for nothing", async () => {
		const { page, findings } = await watchedPage();
		await page.evaluate(show(PAYLOADS.map((payload) => render(payload).bodyHtml).join("\n<hr>\n")));
		await page.evaluate(TOUCH_EVERYTHING);
		expect(findings).toEqual({ dialogs: [], requests: [] });

		const targets = await clickLinks(page);
		expect(targets.length).toBeGreaterThan(20);
		const led = new Set(targets.map(withoutHash));
		expect(findings.dialogs).toEqual([]);
		expect(findings.requests.filter((url) => !led.has(withoutHash(url)))).toEqual([]);
		for (const target of targets) expect(target).toMatch(/^(https?|mailto|tel|attachment):/);
		await page.close();
	}, 120_000);

	test("the corpus, each as a page of its own read from the network, opens nothing and asks for nothing", async () => {
		const { page, findings } = await watchedPage();
		for (const payload of PAYLOADS) {
			await page.setContent(`<!doctype html><main>${render(payload).bodyHtml}</main>`, { waitUntil: "load" });
			expect({ payload, ...findings }).toEqual({ payload, dialogs: [], requests: [] });
		}
		await page.close();
	}, 120_000);

	test("the allow-list alone, without the renderer's escaping, lets pictures be asked for and nothing else", async () => {
		const { page, findings } = await watchedPage();
		const html = PAYLOADS.map((payload) => sanitizeArticle(payload)).join("\n<hr>\n");
		await page.evaluate(show(html));
		await page.evaluate(TOUCH_EVERYTHING);
		const pictures = new Set(readArticle(html).images.map((src) => new URL(src, PAGE).href));
		expect(findings.dialogs).toEqual([]);
		expect(findings.requests.filter((url) => !pictures.has(url))).toEqual([]);
		await page.close();
	}, 60_000);
});
