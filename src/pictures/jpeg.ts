import { bigEndian, byteAt, type Content, keep, startsWith, textAt, unreadable } from './bytes.ts'
import { EXIF_HEADER, orientationIn, tiffOf } from './exif.ts'

const START_OF_SCAN = 0xda
const END = 0xd9
const EXIF = 0xe1
/** Of a frame, which has the size. C4, C8 and CC are others. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

export const isJpeg = (bytes: Uint8Array) => startsWith(bytes, [0xff, 0xd8, 0xff])

/**
 * Reads a JPEG up to its end. What follows is left out: phones append a second picture or a short film. Segments that
 * say nothing about the pixels are left out as well.
 */
export function readJpeg(bytes: Uint8Array): Content {
  let frame: { width: number; height: number } | undefined
  let hasScan = false
  let exifOrientation: number | undefined
  const parts = [bytes.subarray(0, 2)]
  for (let at = 2; ;) {
    if (bytes[at] !== 0xff) throw unreadable('picture_damaged')
    const marker = byteAt(bytes, at + 1)
    if (marker === 0xff) {
      at += 1 // a fill byte
      continue
    }
    if (marker === END) break
    const end = at + 2 + bigEndian(bytes, at + 2, 2)
    const isSegment = marker >= 0xc0 && (marker < 0xd0 || marker > 0xd8) && end >= at + 4
    if (!isSegment || end > bytes.length) throw unreadable('picture_damaged')
    if (isFrame(marker)) {
      if (frame) throw unreadable('picture_damaged')
      frame = { height: bigEndian(bytes, at + 5, 2), width: bigEndian(bytes, at + 7, 2) }
    }
    const next = marker === START_OF_SCAN ? endOfScan(bytes, end) : end
    hasScan ||= marker === START_OF_SCAN
    if (marker === EXIF && textAt(bytes, at + 4, 6) === EXIF_HEADER)
      exifOrientation ??= orientationIn(bytes.subarray(at + 10, end))
    const segment = bytes.subarray(at, next)
    if (isNeeded(marker, segment)) keep(parts, segment)
    at = next
  }
  if (!frame || !hasScan) throw unreadable('picture_damaged')
  const orientation = exifOrientation ?? 1
  if (orientation !== 1) parts.splice(1, 0, exifOf(orientation))
  parts.push(new Uint8Array([0xff, END]))
  return { ...frame, orientation, parts }
}

/** Tables, frames and scans; a JFIF header that has no thumbnail; the colour profile; Adobe's colour transform. */
function isNeeded(marker: number, segment: Uint8Array): boolean {
  if (marker < 0xe0) return true
  if (marker === 0xe0) return segment.length === 18 && textAt(segment, 4, 5) === 'JFIF\0'
  if (marker === 0xe2) return textAt(segment, 4, 12) === 'ICC_PROFILE\0'
  return marker === 0xee && segment.length === 16 && textAt(segment, 4, 5) === 'Adobe'
}

/** The place of the marker after the compressed pixels. In these, FF is followed by 00 or a restart marker. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at += 2) {
    at = bytes.indexOf(0xff, at)
    if (at < 0) throw unreadable('picture_damaged')
    const next = byteAt(bytes, at + 1)
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return at
  }
}

/** EXIF with the orientation and nothing else. */
function exifOf(orientation: number): Uint8Array {
  return new Uint8Array([0xff, EXIF, 0, 34, ...new TextEncoder().encode(EXIF_HEADER), ...tiffOf(orientation)])
}
