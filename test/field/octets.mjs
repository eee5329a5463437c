// SPDX-License-Identifier: MIT
// Octets, for the captures of this folder.
export const le = (value, size) => Buffer.from(Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n)));
export const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
export const reversed = (octets) => Buffer.from(octets).reverse();
export const cat = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
