import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where this machine has a Chromium (`CHROMIUM_PATH` says otherwise), or null. */
export function chromiumPath(): string | null {
	const { CHROMIUM_PATH } = process.env;
	return (CHROMIUM_PATH ? [CHROMIUM_PATH] : USUAL).find((path) => existsSync(path)) ?? null;
}

/** A headless Chromium with nothing of its own to say to the network. */
export async function startBrowser(): Promise<Browser> {
	const executablePath = chromiumPath();
	if (!executablePath) throw new Error("There is no Chromium here: install one, or say where in CHROMIUM_PATH.");
	return await chromium.launch({
		executablePath,
		args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
	});
}
