import { bigEndian, littleEndian, textAt } from './bytes.ts'

/** Before the TIFF structure: always in a JPEG, by some programs in a WebP. */
export const EXIF_HEADER = 'Exif\0\0'

const ORIENTATION = 0x0112

/** Far more than a camera writes. */
const MAX_ENTRIES = 200

/** The orientation in the first directory of EXIF's TIFF structure; 1, which is upright, without one. */
export function orientationIn(tiff: Uint8Array): number {
  const read = textAt(tiff, 0, 2) === 'II' ? littleEndian : bigEndian
  const directory = read(tiff, 4, 4)
  const entries = Math.min(read(tiff, directory, 2), MAX_ENTRIES)
  for (let n = 0; n < entries; n += 1) {
    const entry = directory + 2 + 12 * n
    if (read(tiff, entry, 2) !== ORIENTATION) continue
    const orientation = read(tiff, entry + 8, 2)
    return orientation >= 1 && orientation <= 8 ? orientation : 1
  }
  return 1
}

/** A TIFF structure of 26 bytes with the orientation and nothing else. */
export function tiffOf(orientation: number): Uint8Array {
  const header = [...new TextEncoder().encode('MM\0*'), 0, 0, 0, 8]
  return new Uint8Array([...header, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0])
}
