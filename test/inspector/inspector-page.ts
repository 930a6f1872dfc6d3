// The inspector in a browser, as a person uses it: opens files, presses buttons, reads what stands there. Refuses to wait longer than a test may take.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';

/** The text of what is behind a selector, where it is used inside the page. */
interface Box {
  readonly textContent: string | null;
}

export class InspectorPage {
  readonly page: Page;
  /** Errors that nothing caught, and what a content security policy refused. */
  readonly faults: string[] = [];
  readonly #folder: string;

  private constructor(page: Page, folder: string) {
    this.page = page;
    this.#folder = folder;
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && this.faults.push(message.text()));
  }
  /** @param folder for files that are opened */
  static async open(browser: Browser, url: string, folder: string): Promise<InspectorPage> {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.setViewport({ width: 1280, height: 800 });
    const inspector = new InspectorPage(page, folder);
    await page.goto(url);
    await page.waitForSelector('.card');
    return inspector;
  }

  async sample(title: string): Promise<void> {
    // A page behind another one draws nothing.
    await this.page.bringToFront();
    if (!(await this.page.$('.card'))) await this.press('Samples');
    await (await this.#containing('.card', title)).click();
    await this.page.waitForSelector('.outcome');
  }
  /** Opens a module and waits until it, or a refusal, is there. */
  async file(name: string, bytes: Uint8Array | string): Promise<void> {
    const path = join(this.#folder, name);
    writeFileSync(path, bytes);
    const input = (await this.page.waitForSelector('input[type=file]')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(path);
    await this.page.waitForFunction(
      (wanted) => document.querySelector('.open-file, .refusal .lead')?.textContent?.includes(wanted),
      {},
      name,
    );
  }
  /** Gives the guest a file. */
  async addFile(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    const input = (await this.page.waitForSelector('.files input[type=file]')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(path);
    await this.until('.files', name);
  }
  /** Files that the page saves go there without a question. */
  async savesTo(folder: string): Promise<void> {
    const session = await this.page.createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  }
  /** Waits until a file was saved. */
  async saved(name: string): Promise<Uint8Array> {
    const path = join(this.#folder, name);
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
    return readFileSync(path);
  }
  /** Types into a field, in place of what stands there. @param label of the field */
  async fill(label: string, text: string, role = 'textbox'): Promise<void> {
    await this.#type(`aria/${label}[role="${role}"]`, text);
  }
  /** Sets a limit, in the unit of its field. */
  async limit(name: string, text: string): Promise<void> {
    await this.#type(`#limit-${name}`, text);
  }
  async #type(selector: string, text: string): Promise<void> {
    const field = await this.page.waitForSelector(selector);
    await field!.click({ count: 3 });
    await this.page.keyboard.press('Backspace');
    if (text !== '') await field!.type(text);
  }
  async choose(label: string, value: string): Promise<void> {
    const field = await this.page.waitForSelector(`aria/${label}[role="combobox"]`);
    await field!.select(value);
  }
  async press(button: string): Promise<void> {
    await (await this.#containing('button, summary, label.button', button)).click();
  }
  async tab(name: string): Promise<void> {
    await this.page.click(`#tab-${name}`);
    await this.page.waitForSelector(`#panel-${name}:not([hidden])`);
  }
  async #containing(selector: string, text: string): Promise<ElementHandle<Element>> {
    const found = await this.page.waitForFunction(
      (wanted, words) => Array.from(document.querySelectorAll(wanted)).find((one) => one.textContent?.includes(words)),
      {},
      selector,
      text,
    );
    return found.asElement() as ElementHandle<Element>;
  }

  /** Waits until the run has ended. @returns what the banner says */
  async outcome(): Promise<string> {
    await this.page.waitForSelector('.outcome.good, .outcome.notice, .outcome.bad');
    return this.text('.outcome');
  }
  async text(selector: string): Promise<string> {
    const element = await this.page.waitForSelector(selector);
    return (await element!.evaluate((one: Box) => one.textContent)) ?? '';
  }
  /** Waits for words in the terminal. */
  async printed(words: string): Promise<void> {
    await this.until('.xterm-rows', words);
  }
  /** Waits for words somewhere. */
  async until(selector: string, words: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted, part) => document.querySelector(wanted)?.textContent?.replaceAll(' ', ' ').includes(part),
      {},
      selector,
      words,
    );
  }
  /** The rows of the list that is in view. */
  rows(): Promise<string[]> {
    return this.page.$$eval('.panel:not([hidden]) .row', (all) => all.map((one: Box) => one.textContent ?? ''));
  }
  /** Waits until a row of the list in view has these words. */
  async row(words: string): Promise<void> {
    await this.page.waitForFunction(
      (part) =>
        Array.from(document.querySelectorAll('.panel:not([hidden]) .row')).some((one) =>
          one.textContent?.includes(part),
        ),
      {},
      words,
    );
  }
  close(): Promise<void> {
    return this.page.close();
  }
}
