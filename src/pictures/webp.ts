import { byteAt, type Content, keep, littleEndian, textAt, unreadable } from './bytes.ts'
import { EXIF_HEADER, orientationIn, tiffOf } from './exif.ts'

const ANIMATED = 0x02
const HAS_XMP = 0x04
const HAS_EXIF = 0x08

export const isWebp = (bytes: Uint8Array) => textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP'

/** Reads a WebP, which must end where the file ends. */
export function readWebp(bytes: Uint8Array): Content {
  const size = littleEndian(bytes, 4, 4)
  const last = 8 + size + (size % 2)
  if (last > bytes.length) throw unreadable('picture_damaged')
  if (last < bytes.length) throw unreadable('picture_has_more')
  const sizes: { width: number; height: number }[] = []
  const parts: Uint8Array[] = []
  let hasPixels = false
  let extended: Uint8Array | undefined
  let exifOrientation: number | undefined
  for (let at = 12; at < last;) {
    const type = textAt(bytes, at, 4)
    const length = littleEndian(bytes, at + 4, 4)
    const end = at + 8 + length + (length % 2)
    if (end > last) throw unreadable('picture_damaged')
    const chunk = bytes.subarray(at, end)
    at = end
    if (type === 'ANIM' || type === 'ANMF') throw unreadable('picture_animated')
    if (type === 'VP8X') {
      if (length < 10) throw unreadable('picture_damaged')
      if (byteAt(chunk, 8) & ANIMATED) throw unreadable('picture_animated')
      sizes.push({ width: 1 + littleEndian(chunk, 12, 3), height: 1 + littleEndian(chunk, 15, 3) })
      extended = chunk.with(8, byteAt(chunk, 8) & ~(HAS_XMP | HAS_EXIF))
      keep(parts, extended)
    } else if (type === 'VP8 ' || type === 'VP8L') {
      if (hasPixels) throw unreadable('picture_damaged')
      hasPixels = true
      sizes.push(type === 'VP8 ' ? lossySize(chunk) : losslessSize(chunk))
      keep(parts, chunk)
    } else if (type === 'EXIF') exifOrientation ??= orientationIn(tiffIn(chunk.subarray(8, 8 + length)))
    else if (type === 'ICCP' || type === 'ALPH') keep(parts, chunk)
  }
  const [first, second = first] = sizes
  const agree = first?.width === second?.width && first?.height === second?.height
  if (!first || !hasPixels || !agree || sizes.length > 2) throw unreadable('picture_damaged')
  const orientation = extended ? (exifOrientation ?? 1) : 1 // only the extended header can say that there is EXIF
  if (orientation !== 1 && extended) {
    extended[8] = byteAt(extended, 8) | HAS_EXIF
    parts.push(exifOf(orientation))
  }
  return { ...first, orientation, parts: [headerOf(parts), ...parts] }
}

function lossySize(chunk: Uint8Array) {
  if (littleEndian(chunk, 11, 3) !== 0x2a019d) throw unreadable('picture_damaged')
  return { width: littleEndian(chunk, 14, 2) & 0x3fff, height: littleEndian(chunk, 16, 2) & 0x3fff }
}

function losslessSize(chunk: Uint8Array) {
  if (byteAt(chunk, 8) !== 0x2f) throw unreadable('picture_damaged')
  const bits = littleEndian(chunk, 9, 4)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}

function tiffIn(exif: Uint8Array): Uint8Array {
  return textAt(exif, 0, 6) === EXIF_HEADER ? exif.subarray(6) : exif
}

/** EXIF with the orientation and nothing else. */
function exifOf(orientation: number): Uint8Array {
  const tiff = tiffOf(orientation)
  return new Uint8Array([...new TextEncoder().encode('EXIF'), tiff.length, 0, 0, 0, ...tiff])
}

function headerOf(parts: readonly Uint8Array[]): Uint8Array {
  const header = new TextEncoder().encode('RIFF\0\0\0\0WEBP')
  const size = parts.reduce((sum, part) => sum + part.length, 4)
  new DataView(header.buffer).setUint32(4, size, true)
  return header
}
