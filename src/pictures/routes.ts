import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { sql } from 'kysely'
import { requireStaff } from '../auth/require.ts'
import { activeSession } from '../auth/session-guard.ts'
import { CATALOG, tagsInvalidatedByEdit } from '../catalog/cache-tags.ts'
import { type ProductRow, toAdminProduct, versionOf } from '../catalog/product.ts'
import { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { expectedVersion, toETag } from '../http/conditional.ts'
import { purge } from '../http/edge-cache.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { onlyIf } from '../http/only-if.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { refuseCoding, validate } from '../http/validate.ts'
import { addPicture } from './add-picture.ts'
import { editPicture, removePicture } from './edit-picture.ts'
import { selectOfPicture } from './queries.ts'
import { type PictureType, TYPES } from './read-picture.ts'
import { MAX_UPLOAD_BYTES, PictureParam, UpdatePictureBody } from './schema.ts'

const addedOnce = idempotent({
  route: (c) => `add-picture ${c.req.param('id')}`,
  resource: () => sql`(SELECT max(id) FROM product_pictures)`,
  replay: async (c, id) => {
    const product = await c.var.db.first(selectOfPicture(id))
    if (!product) throw new AppError('not_found', 'No such picture.')
    return added(c, product, id)
  },
})

const limitUpload = bodyLimit({
  maxSize: MAX_UPLOAD_BYTES,
  onError: () => {
    throw new AppError('body_too_large', `A picture can have at most ${MAX_UPLOAD_BYTES / 1024 / 1024} MiB.`)
  },
})

const onlyWithPictures = onlyIf((env) => env.PICTURES !== undefined)

export const pictureRoutes = new Hono<AppEnv>()
  .post(
    '/:id/pictures',
    onlyWithPictures,
    requireStaff,
    limit({ LIMIT_UPLOAD: bySession }),
    validate('param', IdParam),
    limitUpload,
    addedOnce,
    async (c) => {
      const { db, now } = c.var
      const product = await addPicture(
        {
          db,
          unrecorded: onlyGuardedBySession(c),
          storage: { bucket: c.env.PICTURES!, images: c.env.IMAGES },
        },
        {
          product_id: c.req.valid('param').id,
          type: typeOf(c),
          bytes: new Uint8Array(await c.req.arrayBuffer()),
          expected: expectedVersion(c),
          now,
        },
      )
      purge(c, tagsInvalidatedByEdit(product.id, {}), CATALOG)
      return added(c, product, toAdminProduct(product).pictures.at(-1)!.id)
    },
  )
  .patch(
    '/:id/pictures/:picture_id',
    onlyWithPictures,
    requireStaff,
    validate('param', PictureParam),
    validate('json', UpdatePictureBody),
    async (c) => edited(c, await editPicture(c.var.db, targetOf(c), c.req.valid('json'))),
  )
  .delete(
    '/:id/pictures/:picture_id',
    onlyWithPictures,
    requireStaff,
    validate('param', PictureParam),
    async (c) => edited(c, await removePicture(c.var.db, targetOf(c))),
  )

/** Checks the session as `c.var.db` does, but writes neither the key of the request nor the audit log. */
function onlyGuardedBySession(c: Context<AppEnv>): Db {
  const { caller, now } = c.var
  const db = new Db(c.env.DB, c.var.db.usage)
  db.guard(activeSession({ session_id: caller.sid, user_id: caller.user_id, staff: true, now }))
  return db
}

function typeOf(c: Context<AppEnv>): PictureType {
  refuseCoding(c)
  const [declared] = (c.req.header('Content-Type') ?? '').toLowerCase().split(';')
  const types = Object.values(TYPES)
  const type = types.find((each) => each === declared!.trim())
  if (!type)
    throw new AppError('unsupported_media_type', `Send the picture as Content-Type: ${types.join(', ')}.`)
  return type
}

function targetOf(c: Context<AppEnv>) {
  const { id, picture_id } = PictureParam.parse(c.req.param())
  return { product_id: id, id: picture_id, expected: expectedVersion(c), now: c.var.now }
}

function added(c: Context<AppEnv>, product: ProductRow, id: number): Response {
  return c.json(toAdminProduct(product), 201, {
    Location: `/api/admin/products/${product.id}/pictures/${id}/`,
    ETag: toETag(versionOf(product)),
  })
}

function edited(c: Context<AppEnv>, product: ProductRow): Response {
  purge(c, tagsInvalidatedByEdit(product.id, {}), CATALOG)
  return c.json(toAdminProduct(product), 200, { ETag: toETag(versionOf(product)) })
}
