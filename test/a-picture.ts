import { env, exports } from 'cloudflare:workers'
import { type Answer, call, ORIGIN } from './http.ts'
import { type Person, theOwner } from './shop.ts'

/** Pictures, drawn by the local stand-in for Cloudflare's Images. */

export type Type = 'image/jpeg' | 'image/png' | 'image/webp'

let drawn = 0

/** A picture of this size, unlike every other one: green above, red below. */
export async function aPicture(
  type: Type = 'image/png',
  { width = 64, height = 48 } = {},
): Promise<Uint8Array> {
  drawn += 1
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="${width}" height="${height}" fill="lime"/><rect y="${height / 2}" width="${width}" height="${height}" fill="red"/>
    <rect x="${width / 2}" width="${width}" height="${height}" fill="#${(drawn * 7919 + 0x100000).toString(16).slice(-6)}"/></svg>`
  return converted(new TextEncoder().encode(svg), type)
}

export async function converted(bytes: Uint8Array, type: Type): Promise<Uint8Array> {
  const result = await images()
    .input(new Blob([bytes]).stream())
    .output({ format: type })
  return new Uint8Array(await result.response().arrayBuffer())
}

/** The width and height of a picture, in pixels. */
export async function sizeOf(bytes: Uint8Array): Promise<[width: number, height: number]> {
  const info = await images().info(new Blob([bytes]).stream())
  if (!('width' in info)) throw new Error('Not a bitmap')
  return [info.width, info.height]
}

function images(): ImagesBinding {
  return env.IMAGES!
}

export async function uploads(
  product: { id: number },
  bytes: Uint8Array | string,
  headers: Record<string, string> = { 'Content-Type': 'image/png' },
  person?: Person,
): Promise<Answer> {
  const { access: token } = person ?? (await theOwner())
  return call('POST', `/api/admin/products/${product.id}/pictures/`, { token, body: bytes, headers })
}

/** A file that the shop serves. */
export async function fileAt(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; bytes: Uint8Array }> {
  const response = await exports.default.fetch(new Request(ORIGIN + path, init))
  return {
    status: response.status,
    headers: response.headers,
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

/** Runs `act` in a shop that keeps the originals. */
export async function withoutImages<T>(act: () => Promise<T>): Promise<T> {
  return withBinding('IMAGES', undefined, act)
}

/** Runs `act` with another binding or setting. */
export async function withBinding<T>(
  name: 'IMAGES' | 'PICTURES' | 'CANCEL_PENDING_AFTER_HOURS',
  binding: unknown,
  act: () => Promise<T>,
): Promise<T> {
  const bound = env[name]
  Object.assign(env, { [name]: binding })
  try {
    return await act()
  } finally {
    Object.assign(env, { [name]: bound })
  }
}

export function joined(...parts: (Uint8Array | string | readonly number[])[]): Uint8Array {
  const all = parts.map((part) =>
    typeof part === 'string' ? new TextEncoder().encode(part) : Uint8Array.from(part),
  )
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of all) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether a file has this text anywhere. */
export function contains(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder('latin1').decode(bytes).includes(text)
}

/** An EXIF block: an orientation, and a position in ASCII, as if a camera had written it. */
export function exif(orientation: number): Uint8Array {
  const entries = [0, 2, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
  const maker = [0x92, 0x7c, 0, 7, 0, 0, 0, 16, 0, 0, 0, 38, 0, 0, 0, 0]
  return joined('MM\0*', [0, 0, 0, 8], entries, maker, '51.5007N,0.1246W')
}

/** A JPEG with these segments behind its start. */
export function withSegments(
  jpeg: Uint8Array,
  segments: [marker: number, content: Uint8Array][],
): Uint8Array {
  const made = segments.map(([marker, content]) => {
    const length = content.length + 2
    return joined([0xff, marker, length >> 8, length & 0xff], content)
  })
  return joined(jpeg.subarray(0, 2), ...made, jpeg.subarray(2))
}

/** A PNG with a chunk before its pixels. */
export function withChunk(png: Uint8Array, type: string, content: Uint8Array): Uint8Array {
  return joined(png.subarray(0, 33), bigEndian(content.length), type, content, [0, 0, 0, 0], png.subarray(33))
}

export function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
