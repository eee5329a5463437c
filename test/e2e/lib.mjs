// SPDX-License-Identifier: MIT
// What the end-to-end tests stand on: a private virtual controller, blepair and foreign hosts as
// processes that tell one JSON object a line.
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
process.env.XDG_STATE_HOME = '/dev/null'; // no test may reach the store of whoever runs it
const limit = 300000; // a process that prints nothing for so long hangs; no test depends on how fast it is

// Every line that blepair prints is held against the schema that its users read.
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
        this.errors += `not of the schema: ${line}: ${JSON.stringify(fits.errors.filter((e) => e.keyword !== 'const').slice(0, 3))}\n`;
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

  // The first event of that name, also one that came already; from: only after that many events.
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

// A private btvirt and an empty directory for the length of one test.
export async function world(context) {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-e2e.'));
  const btvirt = new Program(join(root, 'scripts', 'with-btvirt'), ['sh', '-c', 'echo "$BLEPAIR_BTVIRT"; read -r end || true']);
  const programs = [];
  context.after(async () => {
    for (const program of programs) await program.stop();
    for (const program of programs)
      if (/not of the schema|Sanitizer|runtime error/.test(program.errors)) throw new Error(program.errors);
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
        // A socket that passes everything on to a fresh controller, but for what change() makes of the
    // octets that come back: it returns them, or null to lose them, or undefined to hang up.
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
    // blepair with JSON output; its standard input stays open, so that questions can be answered.
    // It keeps nothing, unless a store is named.
    blepair: (...args) => {
      const extra = args.includes('--store') ? [] : ['--no-store'];
      if (!args.includes('scan') && !args.includes('info')) extra.push('--show-keys');
      return start(blepair, ['-c', `unix:${socket}`, ...args, '--json', ...extra], { cwd: folder });
    },
    start,
    // blepair with nothing but these arguments.
    program: (...args) => start(blepair, args, { cwd: folder }),
    peer: (role, ...args) =>
      start(process.execPath, [join(root, 'test', 'peers', 'peer.mjs'), role, socket, ...args], { cwd: folder }),
  };
}

export const ios = ['display', 'display-yesno', 'keyboard', 'none', 'keyboard-display'];
