import * as z from 'zod'
import { IdParam, integer, text } from '../http/fields.ts'

export const MAX_PICTURES = 12
export const MAX_UPLOAD_BYTES = 8 * 1024 * 1024

const MAX_ALT_CHARACTERS = 500

export const PictureParam = IdParam.extend({ picture_id: IdParam.shape.id })

/** `3f79…-800.webp`: the SHA-256 of what was uploaded, a width, and the format. */
export const FileParam = z.object({
  file: z.string().regex(/^[0-9a-f]{64}-[1-9]\d{0,4}\.(webp|jpg|png)$/),
})

export const UpdatePictureBody = z.object({
  alt: text(0, MAX_ALT_CHARACTERS).optional(),
  position: integer(1, MAX_PICTURES).optional(),
})
