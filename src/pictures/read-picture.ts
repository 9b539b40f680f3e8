import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { type Content, unreadable } from './bytes.ts'
import { isJpeg, readJpeg } from './jpeg.ts'
import { isPng, readPng } from './png.ts'
import { isWebp, readWebp } from './webp.ts'

/** What Cloudflare's Images takes, and what a browser on a phone can draw. */
const MAX_SIDE = 12_000
const MAX_MEGAPIXELS = 40

const FORMATS = [
  { type: 'image/jpeg', extension: 'jpg', is: isJpeg, read: readJpeg },
  { type: 'image/png', extension: 'png', is: isPng, read: readPng },
  { type: 'image/webp', extension: 'webp', is: isWebp, read: readWebp },
] as const

export type PictureType = (typeof FORMATS)[number]['type']

export type Extension = (typeof FORMATS)[number]['extension']

/** Of uploads, and of the files that are served. */
export const TYPES = Object.fromEntries(FORMATS.map(({ extension, type }) => [extension, type])) as Record<
  Extension,
  PictureType
>

export interface Picture {
  extension: Extension
  /** In pixels, upright. */
  width: number
  height: number
  /** The file without metadata, except for how it is turned. */
  bytes: Uint8Array
}

/**
 * Reads an uploaded picture. Refuses what is not a still picture of the type that was declared, whole and, except for a
 * JPEG, alone in its file, and one that takes too much memory to draw. The pixels are not decoded.
 */
export function readPicture(bytes: Uint8Array, declared: PictureType): Picture {
  const format = FORMATS.find(({ is }) => is(bytes))
  if (!format) throw unreadable('not_picture')
  const { type, extension } = format
  if (type !== declared) throw new InvalidRequest({ '': [fieldError('picture_type_differs', { type })] })
  const content = format.read(bytes)
  const { width, height, orientation } = content
  if (width === 0 || height === 0) throw unreadable('picture_damaged')
  if (Math.max(width, height) > MAX_SIDE || width * height > MAX_MEGAPIXELS * 1_000_000) {
    const limits = { max_side: MAX_SIDE, max_megapixels: MAX_MEGAPIXELS }
    throw new InvalidRequest({ '': [fieldError('picture_too_large', limits)] })
  }
  const isTurned = orientation >= 5
  return {
    extension,
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    bytes: joined(content),
  }
}

function joined({ parts }: Content): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
