import { InvalidRequest } from '../errors.ts'
import { type FieldErrorCode, fieldError } from '../field-errors.ts'

/** What a format's reader finds in a picture. */
export interface Content {
  /** In pixels, as stored: before the turn that `orientation` asks for. */
  width: number
  height: number
  /** Of EXIF, 1 to 8: how the picture must be turned. */
  orientation: number
  /** The file without its metadata: what is needed to draw it, in order. */
  parts: Uint8Array[]
}

type Unreadable = Extract<
  FieldErrorCode,
  'not_picture' | 'picture_damaged' | 'picture_animated' | 'picture_has_more'
>

/** The error about a body that is not the picture it should be. */
export function unreadable(code: Unreadable): InvalidRequest {
  return new InvalidRequest({ '': [fieldError(code)] })
}

/** Reads past the end are 0, so that a truncated file is found by its lengths. */
export const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/** An unsigned number of up to four bytes, big-endian. */
export function bigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let n = 0; n < length; n += 1) value = value * 256 + byteAt(bytes, at + n)
  return value
}

export function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let n = length - 1; n >= 0; n -= 1) value = value * 256 + byteAt(bytes, at + n)
  return value
}

/** ASCII from a place in the file. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

export function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte)
}

/** Far more than a camera or an editor writes; a file of tiny parts would take many times its size in memory. */
const MAX_PARTS = 20_000

/** Adds a part of the file to those that are kept. */
export function keep(parts: Uint8Array[], part: Uint8Array): void {
  if (parts.push(part) > MAX_PARTS) throw unreadable('picture_damaged')
}
