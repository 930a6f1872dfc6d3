// The kinds of values that options take, and how each is read. Refuses other values, and says what is wanted.
import { FEATURES, type Feature } from '../entry/tables.js';

/** A kind's reader returns the value, or throws a WrongValue with what is wanted. */
export class WrongValue extends Error {}

function text(given: string): string {
  if (given === '') throw new WrongValue('something');
  return given;
}

const UNITS: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3 };

function amount(given: string, step: number, wanted: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(given);
  const value = match ? Number(match[1]) * step ** UNITS[match[2]!.toUpperCase()]! : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new WrongValue(wanted);
  return value;
}

/** Reads a number of bytes. */
function size(given: string): number {
  return amount(given, 1024, 'a size in bytes, as 65536, 64K or 16M');
}
function count(given: string): number {
  return amount(given, 1000, 'a number, as 500, 20K or 1M');
}

const MILLISECONDS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

/** Reads a time in milliseconds. */
function duration(given: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(given);
  if (!match) throw new WrongValue('a time in milliseconds, as 500, 500ms, 2s or 1m');
  return Number(match[1]) * MILLISECONDS[match[2] ?? '']!;
}

function level(given: string): number {
  if (!/^[0-5]$/.test(given)) throw new WrongValue('a level from 0 to 5');
  return Number(given);
}

export interface Variable {
  readonly name: string;
  /** The value; undefined for that of this process's own environment. */
  readonly value: string | undefined;
}

function variable(given: string): Variable {
  const at = given.indexOf('=');
  const name = at < 0 ? given : given.slice(0, at);
  if (name === '') throw new WrongValue('NAME=VALUE, or NAME for the one of this environment');
  return { name, value: at < 0 ? undefined : given.slice(at + 1) };
}

/** Reads a variable as WAMR does, which does not pass on this process's environment. */
function assignment(given: string): Variable {
  if (given.indexOf('=') < 1) throw new WrongValue('NAME=VALUE');
  return variable(given);
}

export interface Mapping {
  readonly guest: string;
  readonly host: string;
  readonly readOnly: boolean;
}

function directory(given: string): Mapping {
  return { guest: text(given), host: given, readOnly: false };
}
function mapping(given: string): Mapping {
  const at = given.indexOf('::');
  const guest = given.slice(0, at);
  const rest = given.slice(at + 2);
  const suffix = /:(ro|rw)$/.exec(rest);
  const host = suffix ? rest.slice(0, -3) : rest;
  if (at < 1 || host === '')
    throw new WrongValue('GUEST::HOST, as /data::./files, or GUEST::HOST:ro to allow reading only');
  return { guest, host, readOnly: suffix?.[1] === 'ro' };
}

/** Reads an address pool: 10.0.0.0/8,::1/128. */
function addresses(given: string): readonly string[] {
  const parts = given.split(',');
  if (!parts.every((part) => /^[0-9a-fA-F.:]+(\/\d+)?$/.test(part))) {
    throw new WrongValue('addresses with masks, as 127.0.0.1/32,::1/128');
  }
  return parts;
}
function names(given: string): readonly string[] {
  return given.split(',').map(text);
}

/** Whole numbers, the first and the last. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

function range(given: string): Range {
  const match = /^(\d{1,15})\.\.(\d{1,15})$/.exec(given);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || last < first) throw new WrongValue('two numbers, as 1..100');
  return { first, last };
}

export interface FeatureChange {
  readonly feature: Feature;
  readonly on: boolean;
}

function feature(given: string): FeatureChange {
  const on = !given.startsWith('no-');
  const name = on ? given : given.slice(3);
  if (!Object.hasOwn(FEATURES, name)) {
    throw new WrongValue(`one of ${Object.keys(FEATURES).join(', ')}, or no- before one,`);
  }
  return { feature: name as Feature, on };
}

export const KINDS = {
  feature,
  text,
  size,
  count,
  range,
  duration,
  level,
  variable,
  assignment,
  directory,
  mapping,
  addresses,
  names,
};
export type Kind = keyof typeof KINDS;
