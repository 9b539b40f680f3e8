import { productResponseOfStaff } from '../catalog/openapi.ts'
import { describeFields } from '../openapi/describe-fields.ts'
import type { Operations } from '../openapi/operation.ts'
import { TYPES } from './read-picture.ts'
import { MAX_PICTURES, UpdatePictureBody } from './schema.ts'

const OFF = 'A shop without the binding PICTURES answers 404.'

describeFields(UpdatePictureBody, {
  position: 'Its new place among the pictures of the product, counted from 1. The others move up or down.',
})

export const pictureOperations: Operations = {
  'POST /api/admin/products/:id/pictures': {
    operationId: 'addPicture',
    summary: 'Add a picture to a product',
    description: `The body is the file: a still JPEG, PNG or WebP of at most 8 MiB, 40 megapixels and 12 000 pixels a side. It becomes the last of at most ${MAX_PICTURES} pictures. The shop turns the picture upright, removes EXIF, the place where it was taken and all other metadata, and stores it as WebP in widths of 320, 800 and 1600 pixels. A picture narrower than 1600 pixels is stored in its own width, and in those of these widths that are smaller. A shop without the binding IMAGES stores the original without its metadata instead, as one file. ${OFF}`,
    access: 'staff',
    idempotent: true,
    conditional: 'write',
    uploads: Object.values(TYPES),
    responses: { 201: { ...productResponseOfStaff, headers: ['Location', 'ETag'] } },
    errors: ['too_many_pictures'],
  },
  'PATCH /api/admin/products/:id/pictures/:picture_id': {
    operationId: 'updatePicture',
    summary: 'Describe or move a picture',
    description: `Sets the alternative text, or moves the picture to another place among those of its product. ${OFF}`,
    access: 'staff',
    conditional: 'write',
    request: { alt: 'A laptop, open, from the front', position: 1 },
    responses: { 200: productResponseOfStaff },
  },
  'DELETE /api/admin/products/:id/pictures/:picture_id': {
    operationId: 'removePicture',
    summary: 'Remove a picture from a product',
    description: `Removes the picture from its product. Its files can still be read for 30 days, so that they exist if the database is restored to an earlier time. ${OFF}`,
    access: 'staff',
    conditional: 'write',
    responses: { 200: productResponseOfStaff },
  },
  'GET /pictures/:file': {
    operationId: 'getPictureFile',
    summary: 'Read a file of a picture',
    description:
      'The paths are in `pictures` of a product. A file never changes and may be cached for a year. The shop ignores `Range` and sends the whole file; only a cache may answer with the range.',
    access: 'public',
    conditional: 'read',
    responses: {
      200: { description: 'The file.', type: 'image/*', headers: ['ETag'] },
    },
  },
}
