// SPDX-License-Identifier: MIT
// The HCI packets of a host, and the files that they are captured in: by the Linux monitor (btsnoop), or on a USB bus (pcap).
import { writeFileSync } from 'node:fs';
import { cat, hex, le, reversed } from './octets.mjs';
import { CENTRAL, PERIPHERAL } from './smp.mjs';

// Records of the monitor, net/bluetooth/hci_mon.h of Linux.
const NEW_INDEX = 0, COMMAND = 2, EVENT = 3, SENT = 4, RECEIVED = 5, NOTE = 13, MANAGEMENT = 16, MANAGEMENT_EVENT = 17;
export const CONNECT = 0x200d;
const UPDATE = 0x2013, ENCRYPT = 0x2019, LTK_REPLY = 0x201a, LTK_NO_REPLY = 0x201b;

const spaced = (octets, before = '') => [...octets].map((octet) => before + octet.toString(16).padStart(2, '0')).join(' ');
const acl = (data) => ({ handle: data.readUInt16LE() & 0xfff, pb: (data[1] >> 4) & 3, len: data.length - 4, rest: data.subarray(4) });
const logs = {
  // hcidump -R: 20 octets a line, the type of the packet first.
  hcidump({ opcode, data }) {
    const type = { [COMMAND]: 1, [EVENT]: 4, [SENT]: 2, [RECEIVED]: 2 }[opcode];
    const octets = spaced(cat(type, data)).toUpperCase().split(' ');
    const lines = Array.from({ length: Math.ceil(octets.length / 20) }, (_, i) => octets.slice(20 * i, 20 * i + 20).join(' '));
    return `${opcode === COMMAND || opcode === SENT ? '<' : '>'} ${lines.join('\n  ')}`;
  },
  bumble({ opcode, data }) {
    if (opcode !== SENT && opcode !== RECEIVED) return undefined;
    const { handle, pb, len, rest } = acl(data);
    return `DEBUG:bumble.host:### ${opcode === SENT ? 'HOST -> CONTROLLER' : 'CONTROLLER -> HOST'}: ACL: ` +
      `handle=0x${handle.toString(16).padStart(4, '0')}, pb=${pb}, bc=0, data_total_length=${len}, data=${rest.toString('hex')}`;
  },
  nimble({ opcode, data }) {
    if (opcode === SENT) return `ble_hs_hci_acl_tx(): ${spaced(data, '0x')} `;
    if (opcode !== RECEIVED) return undefined;
    const { handle, pb, len, rest } = acl(data);
    return `ble_hs_hci_evt_acl_process(): conn_handle=${handle} pb=${pb} len=${len} data=${spaced(rest, '0x')} `;
  },
};

// role: of the captured host.
export function host({ role = 'central', handle = 0x40 } = {}) {
  const records = [];
  let us = 1600000000000000;
  const put = (opcode, data) => records.push({ opcode, data, us: (us += 10000) });
  const self = {
    records,
    pass: (seconds) => (us += seconds * 1e6),
    command: (opcode, data) => put(COMMAND, cat(le(opcode, 2), data.length, data)),
    event: (code, data) => put(EVENT, cat(code, data.length, data)),
    meta: (code, data) => self.event(0x3e, cat(code, data)),
    status: (opcode, status) => self.event(0x0f, cat(status, 1, le(opcode, 2))),
    complete: (opcode, data) => self.event(0x0e, cat(1, le(opcode, 2), data)),
    l2cap(who, channel, data) {
      const sent = who === role;
      put(sent ? SENT : RECEIVED, cat(le(handle | (sent ? 0 : 0x2000), 2), le(data.length + 4, 2), le(data.length, 2), le(channel, 2), data));
    },
    smp: (who, pdu) => self.l2cap(who, 6, pdu),
    att: (who, pdu) => self.l2cap(who, 4, pdu),
    // Of the management interface, about the peer: its address and type, then data.
    ask: (code, data = Buffer.alloc(0)) => put(MANAGEMENT, cat(hex('01000000'), le(code, 2), reversed(self.peer), 1, data)),
    tell: (code, data = Buffer.alloc(0)) => put(MANAGEMENT_EVENT, cat(hex('01000000'), le(code, 2), reversed(self.peer), 1, data)),
    set: (code, data) => put(MANAGEMENT, cat(hex('01000000'), le(code, 2), data)),
    note: (program, text) => put(NOTE, cat(6, program.length + 1, Buffer.from(`${program}\0${text}\0`))),
    own: role === 'central' ? CENTRAL : PERIPHERAL,
    peer: role === 'central' ? PERIPHERAL : CENTRAL,

    // ---- Links
    connected(status = 0) {
      self.meta(1, cat(status, le(handle, 2), role === 'central' ? 0 : 1, 0, reversed(self.peer), hex('1800 0000 4800 00')));
    },
    // Connection Complete of BR/EDR, Vol 4 Part E 7.7.3.
    connectedBredr: () => self.event(3, cat(0, le(handle, 2), reversed(self.peer), 1, 0)),
    disconnected: (reason) => self.event(5, cat(0, le(handle, 2), reason)),
    encrypt(key, ediv = hex('0000'), rand = Buffer.alloc(8), status = 0) {
      self.command(ENCRYPT, cat(le(handle, 2), rand, ediv, reversed(key)));
      self.status(ENCRYPT, status);
    },
    keyAsked: (ediv = hex('0000'), rand = Buffer.alloc(8)) => self.meta(5, cat(le(handle, 2), rand, ediv)),
    keyGiven(key) {
      self.command(LTK_REPLY, cat(le(handle, 2), reversed(key)));
      self.complete(LTK_REPLY, cat(0, le(handle, 2)));
    },
    keyRefused() {
      self.command(LTK_NO_REPLY, le(handle, 2));
      self.complete(LTK_NO_REPLY, cat(0, le(handle, 2)));
    },
    // The key of a pairing, at either end.
    encrypted(key) {
      if (role === 'central') self.encrypt(key);
      else {
        self.keyAsked();
        self.keyGiven(key);
      }
      self.encryptionChanged();
    },
    encryptionChanged: (status = 0) => self.event(8, cat(status, le(handle, 2), status ? 0 : 1)),
    updateRefused(status) {
      self.command(UPDATE, cat(le(handle, 2), hex('0600 0800 0000 c800 0000 0000')));
      self.status(UPDATE, status);
    },

    // ---- Files
    btsnoop(path) {
      const index = { opcode: NEW_INDEX, data: cat(hex('0001'), reversed(self.own), Buffer.from('hci0\0\0\0\0')), us: records[0]?.us };
      const all = records.length ? [index, ...records] : [];
      writeFileSync(path, cat(Buffer.from('btsnoop\0'), hex('00000001 000007d1'), ...all.map((record) =>
        cat(hex(record.data.length.toString(16).padStart(8, '0').repeat(2)), hex(`0000${record.opcode.toString(16).padStart(4, '0')}`),
          Buffer.alloc(4), reversed(le(BigInt(record.us) + 0x00dcddb30f2f8000n, 8)), record.data))));
    },
    // usbmon of Linux, link type 189: a header of 48 octets.
    usb(path) {
      const TYPES = { [COMMAND]: ['S', 2, 0], [EVENT]: ['C', 1, 0x81], [SENT]: ['S', 3, 2], [RECEIVED]: ['C', 3, 0x82] };
      const parts = [hex('d4c3b2a1020004000000000000000000ffff0000bd000000')];
      for (const { opcode, data, us: at } of records.filter((record) => TYPES[record.opcode])) {
        const [type, kind, endpoint] = TYPES[opcode];
        const setup = opcode === COMMAND ? cat(hex('200000000000'), le(data.length, 2)) : Buffer.alloc(8);
        const header = cat(Buffer.alloc(8, 7), Buffer.from(type), kind, endpoint, 4, hex('0100'), opcode === COMMAND ? 0 : 0x2d, 0,
          le(Math.floor(at / 1e6), 8), le(at % 1e6, 4), le(type === 'C' ? 0 : -115 & 0xffffffff, 4), le(data.length, 4), le(data.length, 4), setup);
        parts.push(le(Math.floor(at / 1e6), 4), le(at % 1e6, 4), le(header.length + data.length, 4), le(header.length + data.length, 4), header, data);
      }
      writeFileSync(path, cat(...parts));
    },
    // The octets, as these programs log them; a form that returns nothing does not log that kind of packet.
    log: (path, form) => writeFileSync(path, records.map((record) => logs[form](record)).filter(Boolean).map((line) => `${line}\n`).join('')),
  };
  return self;
}
