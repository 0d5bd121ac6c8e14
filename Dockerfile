# The image of the service: what it needs to run and nothing else. BUILD is where npm and the bundler run, RUNTIME brings Node;
# distroless will do, which keeps Node elsewhere:
#   docker build --build-arg RUNTIME=gcr.io/distroless/nodejs24-debian12 --build-arg NODE=/nodejs/bin/node .
ARG BUILD=node:26-bookworm-slim
ARG RUNTIME=node:26-bookworm-slim

# Nothing here depends on the platform, so that an image for another one is built without emulation.
FROM --platform=$BUILDPLATFORM $BUILD AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM packages AS dependencies
# Maps and declarations are for those who develop: 2 files of 3.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --no-audit \
	&& find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM packages AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit
COPY src src
COPY plugins plugins
COPY routes routes
COPY hack/build-page.ts hack/
RUN npm run --silent build
# The command line as programs. They name Node by its path, because distroless has neither a shell nor env.
ARG NODE=/usr/local/bin/node
RUN mkdir bin \
	&& printf '#!%s\nimport("/app/dist/cli/scaler.js");\n' "$NODE" >bin/scaler \
	&& chmod 755 bin/scaler \
	&& ln -s scaler bin/kubectl-scaler

FROM $RUNTIME
ARG VERSION=dev
LABEL org.opencontainers.image.title="k8s-deployment-scaler" \
	org.opencontainers.image.description="Lists Kubernetes Deployments and reads and sets their replica counts over mutual TLS" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.version="$VERSION"
# glibc gives back only what lies at the end of its heaps: large buffers are taken from the system one by one, and the heaps
# have no room to spare for them, so that a burst does not leave the process large. The buffers of TLS, which are a little
# larger than 16 KiB, stay in the heaps: to take each from the system would double the cost of a read.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TOP_PAD_=0 MALLOC_TRIM_THRESHOLD_=131072
# Distroless images keep Node in /nodejs/bin.
ENV NODE_ENV=production SCALER_VERSION=$VERSION PATH=/usr/local/bin:/usr/bin:/bin:/nodejs/bin
WORKDIR /app
COPY package.json LICENSE ./
# The bundle contains the code of the packages. They are here for the files of Swagger UI, for their licenses, and for
# scanners.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin /usr/local/bin
USER 65532:65532
EXPOSE 8443 8081
# A smaller nursery than Node's own saves some 60 MiB and costs nothing that could be measured: little is allocated here.
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/src/server.js"]
