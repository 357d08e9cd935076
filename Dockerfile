FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
RUN install -d -o node -g node -m 700 /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json tsconfig.json *.ts ./
COPY cluster ./cluster
COPY contracts ./contracts
COPY embedded ./embedded
COPY lib ./lib
COPY mixins ./mixins
COPY models ./models
COPY scripts ./scripts
COPY services ./services
COPY deploy/health-check.mjs ./deploy/health-check.mjs
USER node
EXPOSE 3000 9100
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "deploy/health-check.mjs"]
# Node is the first process of the container, so that a signal to stop reaches it. The flags are those of `npm start`.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--preserve-symlinks", "--preserve-symlinks-main", "start.ts"]
