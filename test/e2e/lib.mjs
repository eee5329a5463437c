// SPDX-License-Identifier: MIT
// The fixture of the end-to-end tests: a private virtual controller, and blepair and foreign hosts as
// processes that print one JSON object per line.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { createRequire } from 'node:module';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const blepair = process.env.BLEPAIR ?? join(root, 'build', 'blepair');
if (!existsSync(blepair)) throw new Error(`${blepair} is not built: run scripts/setup build, or set BLEPAIR`);
process.env.XDG_STATE_HOME = '/dev/null'; // no test may use the store of the user who runs it
const limit = 300000; // a process that prints nothing for 300 s hangs; no test depends on its speed

// Every line that blepair prints is validated against the published schema.
const Ajv = createRequire(join(root, 'test', 'peers', 'package.json'))('ajv/dist/2020.js');
const fits = new Ajv({ allErrors: true, strict: false, discriminator: false })
  .compile(JSON.parse(readFileSync(join(root, 'docs', 'json.schema.json'))));

export class Program {
  constructor(command, args, options = {}) {
    this.name = `${command.split('/').pop()} ${args.join(' ')}`;
    this.events = [];
    this.errors = '';
    this.waiting = [];
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (data) => (this.errors += data));
    this.timer = setTimeout(() => this.child.kill('SIGKILL'), limit);
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      let event;
      try {
        event = JSON.parse(line);
      } catch {
        event = { event: 'text', text: line };
      }
      if (command === blepair && !fits(event))
        this.errors += `not valid in the schema: ${line}: ${JSON.stringify(fits.errors.filter((e) => e.keyword !== 'const').slice(0, 3))}\n`;
      this.events.push(event);
      this.timer.refresh();
      this.settle();
    });
    this.exited = new Promise((resolve) =>
      this.child.on('error', (error) => (this.errors += error.message)).on('close', (code) => {
        this.code = code;
        this.settle();
        resolve(code);
      }));
    this.exited.then(() => clearTimeout(this.timer));
  }

  settle() {
    this.waiting = this.waiting.filter(({ test, from, resolve, reject }) => {
      const index = this.events.findIndex((event, i) => i >= from && test(event));
      if (index >= 0) resolve(this.events[index]);
      else if (this.code !== undefined)
        reject(new Error(`${this.name} ended with ${this.code}: ${this.errors}\n${JSON.stringify(this.events)}`));
      else return true;
      return false;
    });
  }

  // The first event of that name, already received or not; from: skips that many events.
  until(name, from = 0) {
    const test = typeof name === 'string' ? (event) => event.event === name : name;
    return new Promise((resolve, reject) => {
      this.waiting.push({ test, from, resolve, reject });
      this.settle();
    });
  }

  get result() {
    return this.events.findLast((event) => event.event === 'result');
  }

  answer(line) {
    this.child.stdin.write(`${line}\n`);
  }

  async stop() {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

// A private btvirt and an empty directory for one test.
export async function world(context) {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-e2e.'));
  const btvirt = new Program(join(root, 'scripts', 'with-btvirt'), ['sh', '-c', 'echo "$BLEPAIR_BTVIRT"; read -r end || true']);
  const programs = [];
  context.after(async () => {
    for (const program of programs) await program.stop();
    for (const program of programs)
      if (/not valid in the schema|Sanitizer|runtime error/.test(program.errors)) throw new Error(program.errors);
    btvirt.child.stdin.end();
    await btvirt.exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const { text } = await btvirt.until('text');
  const socket = join(text, 'bt-server-le');
  const start = (...args) => {
    const program = new Program(...args);
    programs.push(program);
    return program;
  };
  return {
    folder,
    socket,
    controller: `unix:${socket}`,
    // For a test of more than 300 s: btvirt, which prints nothing, does not hang.
    goesOn: () => btvirt.timer.refresh(),
    // A socket that forwards to a fresh controller. change() gets the octets from the controller and returns
    // the octets to pass on, null to drop them, or undefined to hang up.
    async proxy(change) {
      const path = join(folder, `proxy${programs.length}`);
      const server = net.createServer((host) => {
        const controller = net.connect(socket);
        host.on('data', (data) => controller.write(data)).on('error', () => {}).on('close', () => controller.destroy());
        controller.on('error', () => {}).on('close', () => host.destroy()).on('data', (data) => {
          const changed = change(data);
          if (changed === undefined) host.destroy();
          else if (changed) host.write(changed);
        });
      });
      await new Promise((resolve) => server.listen(path, resolve));
      context.after(() => server.close());
      return `unix:${path}`;
    },
    // blepair with JSON output; its standard input stays open for answers to prompts.
    // It has no store unless --store is given.
    blepair: (...args) => {
      const extra = args.includes('--store') ? [] : ['--no-store'];
      if (!args.includes('scan') && !args.includes('info')) extra.push('--show-keys');
      return start(blepair, ['-c', `unix:${socket}`, ...args, '--json', ...extra], { cwd: folder });
    },
    start,
    // blepair with only these arguments.
    program: (...args) => start(blepair, args, { cwd: folder }),
    peer: (role, ...args) =>
      start(process.execPath, [join(root, 'test', 'peers', 'peer.mjs'), role, socket, ...args], { cwd: folder }),
  };
}

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// blepair at a terminal of that many columns, which script(1) makes; seen(pattern) waits for text on it.
export class Terminal {
  constructor(w, args, { columns = 80, more = '' } = {}) {
    const command = `stty cols ${columns} -echo; ${[blepair, ...args].map(quote).join(' ')} ${more}`;
    this.program = w.start('script', ['-qec', command, '/dev/null'], {
      cwd: w.folder, env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm', NO_COLOR: '1' } });
    this.exited = this.program.exited;
  }

  // The program prints lines; one without an end is not seen.
  get text() {
    return this.program.events.map((event) => event.text).join('\n').replaceAll('\r', '');
  }

  async seen(pattern) {
    await this.program.until(() => pattern.test(this.text));
    return this.text.match(pattern);
  }

  type(line) {
    this.program.answer(line);
  }
}

export const ios = ['display', 'display-yesno', 'keyboard', 'none', 'keyboard-display'];
