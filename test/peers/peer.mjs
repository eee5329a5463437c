// SPDX-License-Identifier: MIT
// A foreign Bluetooth LE host (npm ble-host) on a controller behind a unix socket, for the tests, the
// demo and the benchmark. It pairs as a peripheral or as a central and prints its events, one JSON
// object per line. Keys are hexadecimal, the most significant octet first.
//
//   node peer.mjs peripheral SOCKET [OPTION...]
//   node peer.mjs central SOCKET ADDRESS[/random] [OPTION...]
//
//   --io N          IO capability, 0 to 4 as in the specification (default 3)
//   --mitm          request protection against a man in the middle
//   --no-bond       do not bond
//   --dist N        key distribution, both directions: enc 1, id 2, sign 4 (default 3)
//   --static ADDR   use this static random address
//   --security-request, --update, --att   peripheral: start with these when connected
//   --gatt JSON     a list of GATT services: { uuid, characteristics: [{ uuid, properties, value, readPerm }] }
//   --read UUID     central: read this value, pair only if that is refused, and read it again
//   --reconnect     central: encrypt with the bond of this directory
//   --once          central: disconnect when paired
//   --after ADDRESS central: connect to this device first, and keep that link
//
// Reads a passkey to type from standard input; "bye" disconnects. Stores bonds in the current directory.
import net from 'node:net';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const host = createRequire(import.meta.url)('ble-host');
const [role, socketPath, ...rest] = process.argv.slice(2);
process.stdout.on('error', () => process.exit(0)); // the reader has gone
const has = (name) => rest.includes(name);
const value = (name, fallback) => (has(name) ? rest[rest.indexOf(name) + 1] : fallback);
const emit = (event, more) => process.stdout.write(JSON.stringify({ event, ...more }) + '\n');
const hex = (octets) => (octets ? Buffer.from(octets).reverse().toString('hex') : undefined);

// One H4 packet for each 'data' event, as ble-host requires.
class Transport extends EventEmitter {
  constructor(path) {
    super();
    let pending = Buffer.alloc(0);
    this.socket = net.connect(path);
    this.socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const head = { 2: 5, 4: 3 }[pending[0]];
        if (!head || pending.length < head) break;
        const length = head + (pending[0] === 2 ? pending.readUInt16LE(3) : pending[2]);
        if (pending.length < length) break;
        this.emit('data', pending.subarray(0, length));
        pending = pending.subarray(length);
      }
    });
    this.socket.on('close', () => process.exit(0)); // the controller is gone
    this.socket.on('error', (error) => emit('error', { text: error.message }));
  }
  write(packet) {
    this.socket.write(packet);
  }
}

const dist = Number(value('--dist', 3));
const features = {
  ioCap: Number(value('--io', 3)),
  bondingFlags: has('--no-bond') ? 0 : 1,
  mitm: has('--mitm'),
  initKeyDistr: { encKey: (dist & 1) !== 0, idKey: (dist & 2) !== 0 },
  rspKeyDistr: { encKey: (dist & 1) !== 0, idKey: (dist & 2) !== 0 },
};
const lines = createInterface({ input: process.stdin });
const waiting = []; // for a passkey
let link;
lines.on('line', (line) => (line.trim() === 'bye' ? link?.disconnect() : waiting.shift()?.(line.trim())));

function watch(connection) {
  link = connection;
  const smp = connection.smp;
  smp.on('pairingRequest', (request, reply) => reply(features));
  smp.on('passkeyExchange', (model, passkey, reply) => {
    const names = ['just_works', 'passkey_init_types', 'passkey_resp_types', 'passkey_both_type', 'numeric_comparison'];
    const types = model === 3 || model === (role === 'central' ? 1 : 2);
    emit('passkey', { model: names[model], passkey: passkey ?? undefined, types });
    if (types) waiting.push(reply);
    else if (model === 4) reply();
  });
  smp.on('keypress', (type) => emit('keypress', { type }));
  smp.on('pairingComplete', (r) => {
    if (role === 'central' && has('--read')) setImmediate(() => read(connection, () => {}));
    if (has('--once')) connection.disconnect();
    emit('paired', {
      secure_connections: r.sc,
      authenticated: r.mitm,
      bonded: r.bond,
      initiator: { ltk: hex(r.initLtk), irk: hex(r.initIrk), ediv: r.initEdiv, rand: hex(r.initRand) },
      responder: { ltk: hex(r.rspLtk), irk: hex(r.rspIrk), ediv: r.rspEdiv, rand: hex(r.rspRand) },
    });
  });
  smp.on('pairingFail', (reason, byPeer) => emit('failed', { reason, by_peer: byPeer }));
  smp.on('encrypt', (status) => emit('encrypted', { status }));
  smp.on('timeout', () => emit('timeout'));
  connection.on('disconnect', (reason) => {
    emit('disconnected', { reason });
    if (role === 'central') process.exit(0);
    else advertise();
  });
}

// Discovers all services and their characteristics, and calls found() with the one of --read.
function discover(connection, found) {
  connection.gatt.discoverAllPrimaryServices((services) => {
    for (const service of services)
      service.discoverCharacteristics((characteristics) => {
        const wanted = characteristics.find((c) => c.uuid === value('--read'));
        if (wanted) found(wanted);
      });
  });
}

// Calls refused() if the peer demands security, as a phone begins to pair then.
let readable;
function read(connection, refused) {
  if (!readable) return discover(connection, (found) => { readable = found; read(connection, refused); });
  readable.read((error, octets) => {
    emit('read', { error, value: octets?.toString() });
    if (error === 0x05 || error === 0x0f) refused();
  });
}

let manager;
function advertise() {
  manager.startAdvertising({}, (status, connection) => {
    if (status) return emit('error', { text: `advertising: ${status}` });
    emit('connected', { peer: connection.peerAddress });
    watch(connection);
    if (has('--security-request')) connection.smp.sendSecurityRequest(true, features.mitm, false);
    if (has('--att')) connection.gatt.exchangeMtu((error, mtu) => emit('mtu', { mtu }));
    if (has('--update'))
      connection.updateConnParams({ connIntervalMin: 24, connIntervalMax: 40, connLatency: 0, supervisionTimeout: 400 });
  });
  emit('advertising', {});
}

// BlueZ's btvirt numbers the links of a central, and gives the peripheral the same number: centrals with one link
// each cannot share a peripheral, those whose link to it is their second can.
function connectAfter(other) {
  manager.connect('public', other, {}, () => {
    emit('connected_before', {});
    connect();
  });
}

function connect() {
  const [address, type] = rest[0].split('/');
  manager.connect(type === 'random' ? 'random' : 'public', address, {}, (connection) => {
    emit('connected', { peer: connection.peerAddress });
    watch(connection);
    if (has('--reconnect')) connection.smp.startEncryption();
    else if (has('--read')) read(connection, () => connection.smp.sendPairingRequest(features));
    else connection.smp.sendPairingRequest(features);
  });
}

host.BleManager.create(new Transport(socketPath), { staticRandomAddress: value('--static') }, (error, created) => {
  if (error) {
    emit('error', { text: String(error) });
    process.exit(1);
  }
  manager = created;
  if (has('--gatt')) manager.gattDb.addServices(JSON.parse(value('--gatt')));
  if (has('--after')) connectAfter(value('--after'));
  else if (role === 'central') connect();
  else {
    const data = new host.AdvertisingDataBuilder().addFlags(['leGeneralDiscoverableMode', 'brEdrNotSupported'])
      .addLocalName(true, 'virtual peer').build();
    manager.setAdvertisingData(data, advertise);
  }
});
