import { crc32 } from 'node:zlib'
import { bigEndian, type Content, keep, startsWith, textAt, unreadable } from './bytes.ts'
import { orientationIn, tiffOf } from './exif.ts'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Without text, times and EXIF. */
const NEEDED = ['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'IDAT', 'IEND']

export const isPng = (bytes: Uint8Array) => startsWith(bytes, SIGNATURE)

/** Reads a PNG, which must end where the file ends. */
export function readPng(bytes: Uint8Array): Content {
  if (bigEndian(bytes, 8, 4) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') throw unreadable('picture_damaged')
  const size = { width: bigEndian(bytes, 16, 4), height: bigEndian(bytes, 20, 4) }
  let hasPixels = false
  let exifOrientation: number | undefined
  const parts = [bytes.subarray(0, 33)]
  for (let at = 33; ;) {
    const type = textAt(bytes, at + 4, 4)
    const end = at + 12 + bigEndian(bytes, at, 4)
    if (end > bytes.length || type === 'IHDR') throw unreadable('picture_damaged')
    if (type === 'acTL') throw unreadable('picture_animated')
    hasPixels ||= type === 'IDAT'
    if (type === 'eXIf') exifOrientation ??= orientationIn(bytes.subarray(at + 8, end - 4))
    if (NEEDED.includes(type)) keep(parts, bytes.subarray(at, end))
    at = end
    if (type !== 'IEND') continue
    if (!hasPixels) throw unreadable('picture_damaged')
    if (end < bytes.length) throw unreadable('picture_has_more')
    const orientation = exifOrientation ?? 1
    if (orientation !== 1) parts.splice(1, 0, exifOf(orientation))
    return { ...size, orientation, parts }
  }
}

/** EXIF with the orientation and nothing else. */
function exifOf(orientation: number): Uint8Array {
  const typed = new Uint8Array([...new TextEncoder().encode('eXIf'), ...tiffOf(orientation)])
  const chunk = new Uint8Array(typed.length + 8)
  chunk.set(typed, 4)
  const view = new DataView(chunk.buffer)
  view.setUint32(0, typed.length - 4)
  view.setUint32(typed.length + 4, crc32(typed))
  return chunk
}
