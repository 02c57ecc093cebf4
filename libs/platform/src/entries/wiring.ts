export { BUILD_INFO, hashDeployedCode, type BuildInfo } from '../build-info.js';
export { CLOCK, systemClock, type Clock } from '../clock.js';
export {
  EVENT_BUS,
  PUBLISH_EVENT,
  type BusInterruptions,
  type EventBus,
  type EventReceipt,
  type PublishEvent,
  type StoredEvent,
} from '../service/publish-event.js';
export { provide, token, type Token } from '../service/provide.js';
export { CONFIG, SERVICE_CONTEXT, type ServiceContext } from '../service/service-context.js';
