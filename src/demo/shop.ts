import { kiosk } from '../client/kiosk.ts'

kiosk(location.origin)
