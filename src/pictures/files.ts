import { pictureFile } from '../catalog/product.ts'
import { AppError } from '../errors.ts'
import { unreadable } from './bytes.ts'
import { type Extension, type Picture, TYPES } from './read-picture.ts'

/** For a card on a phone, a card on a dense screen or a page on a phone, and a page on a desktop. */
const WIDTHS = [320, 800, 1600]

/** The bucket, and what makes the sizes; without the latter the originals are kept. */
export interface Storage {
  bucket: R2Bucket
  images: ImagesBinding | undefined
}

/** The files of a picture. */
export interface Files {
  extension: Extension
  /** Ascending. */
  widths: number[]
  /** Of the largest one. */
  width: number
  height: number
}

/** The files that a picture has in this shop. A width beyond the picture's own would only be larger. */
export function filesOf({ extension, width, height }: Picture, { images }: Storage): Files {
  if (!images) return { extension, widths: [width], width, height }
  const largest = Math.min(width, WIDTHS.at(-1)!)
  const widths = [...WIDTHS.filter((each) => each < largest), largest]
  return {
    extension: 'webp',
    widths,
    width: largest,
    height: Math.max(1, Math.round((height * largest) / width)),
  }
}

/** Makes the files and puts them into the bucket, unless it has them all: each one that is made is a transformation. */
export async function storeFiles(
  { bucket, images }: Storage,
  sha256: string,
  picture: Picture,
  { extension, widths }: Files,
): Promise<void> {
  const keys = widths.map((width) => pictureFile(sha256, width, extension))
  const known = await Promise.all(keys.map((key) => bucket.head(key))).catch(unavailable)
  if (known.every((each) => each !== null)) return
  const made = images ? await resizeAll(images, picture.bytes, widths) : [picture.bytes]
  const httpMetadata = { contentType: TYPES[extension] }
  await Promise.all(keys.map((key, n) => bucket.put(key, made[n]!, { httpMetadata }))).catch(unavailable)
}

/** Whether the picture or Images is at fault does not follow from the error: so Images gets one that is whole. */
async function resizeAll(images: ImagesBinding, bytes: Uint8Array, widths: readonly number[]) {
  try {
    return await Promise.all(widths.map((width) => resize(images, bytes, width)))
  } catch (error) {
    await resize(images, WHOLE_PICTURE, 1).catch(() => unavailable(error))
    throw unreadable('picture_damaged')
  }
}

/** A PNG of one pixel. */
const WHOLE_PICTURE = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII='),
  (character) => character.charCodeAt(0),
)

async function resize(images: ImagesBinding, bytes: Uint8Array, width: number): Promise<ArrayBuffer> {
  const result = await images
    .input(new Blob([bytes]).stream())
    .transform({ width, fit: 'scale-down' })
    .output({ format: 'image/webp' })
  return result.response().arrayBuffer()
}

/** Deletes all files of these pictures, whatever their widths and formats. */
export async function deleteFiles(bucket: R2Bucket, sha256s: readonly string[]): Promise<void> {
  for (const sha256 of sha256s) {
    const { objects } = await bucket.list({ prefix: `${sha256}-` })
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key)) // R2 refuses to delete none
  }
}

export function unavailable(error: unknown): never {
  console.error('Pictures cannot be stored or read', error)
  throw new AppError(
    'temporarily_unavailable',
    'The shop cannot reach its storage of pictures. Please try again in a moment.',
  )
}
