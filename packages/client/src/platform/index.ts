export { type Clock, sleep, systemClock } from './clock.ts'
export { hostPlatform, type Platform } from './platform.ts'
