export { type BundledWorker, bundleWorker } from '../../../../test/support/bundle-worker.ts'
