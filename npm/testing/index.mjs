import testing from './index.cjs';

export const { NotStarted, OwnEndpointError, Server, start, withAccountd } = testing;
