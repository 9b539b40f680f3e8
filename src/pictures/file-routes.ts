import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { validate } from '../http/validate.ts'
import { unavailable } from './files.ts'
import { type Extension, TYPES } from './read-picture.ts'
import { FileParam } from './schema.ts'

/** If-None-Match (RFC 9110, section 13.1.2); R2 throws at anything else. */
const ENTITY_TAGS = /^(?:\*|(?:W\/)?"[^"]*"(?:, *(?:W\/)?"[^"]*")*)$/

/**
 * The files of pictures. Their names have a hash of what was uploaded, so that they never change. Their type follows
 * from the name, and a browser may run nothing in them. A request for a range gets the whole file, of which the edge
 * cache sends the range; it stores no partial response.
 */
export const pictureFileRoutes = new Hono<AppEnv>().get('/:file', validate('param', FileParam), async (c) => {
  if (!c.env.PICTURES) return c.notFound()
  const { file: key } = c.req.valid('param')
  const known = c.req.header('If-None-Match') ?? ''
  const onlyIf = new Headers(ENTITY_TAGS.test(known) ? { 'If-None-Match': known } : {})
  const file = await c.env.PICTURES.get(key, { onlyIf }).catch(unavailable)
  if (!file) return c.notFound()
  const headers = {
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: file.httpEtag,
  }
  if (!('body' in file)) return c.body(null, 304, headers)
  return c.body(file.body, 200, {
    ...headers,
    'Content-Type': TYPES[key.split('.')[1] as Extension],
    'Content-Length': String(file.size),
  })
})
