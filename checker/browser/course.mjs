// A copy of the course, a server on it, and a browser: nothing of the learner's is touched.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
// Another course may be tried.
const root = process.env.COURSE ?? workspace;
const parts = ['book.toml', 'src', 'quiz', 'exercises', 'solutions', 'checker', 'theme', 'Cargo.toml', 'Cargo.lock'];
const left = ['target', 'node_modules'];

function checker() {
  const messages = execFileSync(
    'cargo',
    ['build', '--quiet', '--package', 'checker', '--message-format', 'json'],
    { cwd: workspace, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 },
  );
  const built = messages.trim().split('\n').map(line => JSON.parse(line));
  return built.findLast(message => message.target?.name === 'checker' && message.executable).executable;
}

// The course in a folder of its own.
export class Course {
  constructor() {
    this.checker = checker();
    this.folder = mkdtempSync(join(tmpdir(), 'course-'));
    for (const part of parts.filter(part => existsSync(join(root, part)))) {
      cpSync(join(root, part), join(this.folder, part), {
        recursive: true,
        filter: source => !left.includes(basename(source)),
      });
    }
  }

  path(name) {
    return join(this.folder, name);
  }

  build(environment = {}) {
    execFileSync(this.checker, ['build'], { cwd: this.folder, env: { ...process.env, ...environment } });
  }

  // What the checker says to a page's receipt.
  record(receipt) {
    const options = { cwd: this.folder, input: receipt, encoding: 'utf8' };
    return execFileSync(this.checker, ['record', '-'], options);
  }

  // As if the exercise's tests had passed in a terminal.
  passExercise(lesson) {
    const all = { passed: 1, of: 1 };
    const event = {
      time: Math.floor(Date.now() / 1000),
      lesson,
      kind: 'exercise',
      outcome: 'passed',
      rungs: { core: all, pattern: all, stretch: all },
      source: '00',
      tests: '00',
    };
    mkdirSync(this.path('.checker'), { recursive: true });
    appendFileSync(this.path('.checker/progress.jsonl'), `${JSON.stringify(event)}\n`);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}

// `cargo checker serve`, up to its printed URL.
export async function serve(course) {
  const child = spawn(course.checker, ['serve', '--port', '0'], {
    cwd: course.folder,
    // What the exercises depend on is built there already.
    env: { ...process.env, CARGO_TARGET_DIR: join(workspace, 'target') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise(done => child.once('exit', done));
  const said = [];
  const url = await new Promise((found, failed) => {
    createInterface({ input: child.stdout }).on('line', line => {
      said.push(line);
      const url = line.match(/http:\S+/)?.[0];
      if (url) found(url);
    });
    child.once('exit', () => failed(new Error('the server ended before it said where it listens')));
  });
  return {
    url,
    said,
    async stop() {
      child.kill('SIGINT');
      return await gone;
    },
  };
}

// The built book on a server that knows nothing of it, as any static host; all of it below one path.
export async function host(folder, below = '/') {
  const kinds = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    const path = join(folder, pathname.slice(below.length).replace(/^$|\/$/, '$&index.html'));
    const found = pathname.startsWith(below) && existsSync(path);
    const shown = found ? path : join(folder, '404.html');
    response.writeHead(found ? 200 : 404, { 'content-type': kinds[extname(shown)] ?? 'application/octet-stream' });
    response.end(readFileSync(shown));
  });
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}${below}`,
    async stop() {
      server.closeAllConnections();
      await new Promise(closed => server.close(closed));
    },
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// What keeps somebody from the page's text.
export async function barriers(page) {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { violations } = await window.axe.run('main');
    return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`));
  });
}

// From the next page on, adds up how far its parts jump without anybody's doing.
export async function watchShifts(page) {
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver(list => {
      for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

export async function shifts(page) {
  await page.waitForLoadState('load');
  await page.evaluate(() => document.fonts.ready);
  // Shifts are told of after the frame in which they were.
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  return await page.evaluate(() => window.shifted);
}

export async function launch() {
  return await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // As root, in a container, Chromium has no sandbox.
      ...process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ],
  });
}

// A page that remembers what should not have happened.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext(options);
  if (options.theme) {
    await context.addInitScript(theme => localStorage.setItem('mdbook-theme', theme), options.theme);
  }
  const page = await context.newPage();
  const complaints = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(error.message));
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) {
      complaints.push(`external request: ${request.url()}`);
    }
  });
  return {
    page,
    async close() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}
