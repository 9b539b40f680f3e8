import { bigEndian, type Content, keep, startsWith, textAt, unreadable } from './bytes.ts'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Without text, times and EXIF. */
const NEEDED = ['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'IDAT', 'IEND']

export const isPng = (bytes: Uint8Array) => startsWith(bytes, SIGNATURE)

/** Reads a PNG, which must end where the file ends. */
export function readPng(bytes: Uint8Array): Content {
  if (bigEndian(bytes, 8, 4) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') throw unreadable('picture_damaged')
  const size = { width: bigEndian(bytes, 16, 4), height: bigEndian(bytes, 20, 4) }
  let hasPixels = false
  const parts = [bytes.subarray(0, 33)]
  for (let at = 33; ;) {
    const type = textAt(bytes, at + 4, 4)
    const end = at + 12 + bigEndian(bytes, at, 4)
    if (end > bytes.length || type === 'IHDR') throw unreadable('picture_damaged')
    if (type === 'acTL') throw unreadable('picture_animated')
    hasPixels ||= type === 'IDAT'
    if (NEEDED.includes(type)) keep(parts, bytes.subarray(at, end))
    at = end
    if (type !== 'IEND') continue
    if (!hasPixels) throw unreadable('picture_damaged')
    if (end < bytes.length) throw unreadable('picture_has_more')
    return { ...size, orientation: 1, parts }
  }
}
