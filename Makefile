# 云药通：make demo 看演示，make test 做检验；其余目标用 make help 查看。
SHELL := /bin/sh
.DEFAULT_GOAL := help
PY := .venv/bin/python
HOME_DIR ?= demo-home
HOST ?= 127.0.0.1
PORT ?= 8000
PACKAGES := geo yaotong layers webapp
# Two cores by default; JOBS=auto uses all.
JOBS ?= 2
# Which tests `make test-faults` looks through for those that try a fault.
FAULTS ?= tests
# The tests whose workspaces keep their tables in the operational store.
ON_POSTGRES := $(addprefix tests/,postgres store acts alerts reads delivery cli webapp/test_moves.py webapp/test_upload.py)
# A year of the full city asks the rules, not the store: once is enough; so is asking each rule why not.
NOT_ON_POSTGRES := -k "not a_year_judged_in_parts and not every_rule_can_be_asked"

.PHONY: help install install-dev demo test test-browser test-slow test-postgres test-spark test-crash test-deploy test-faults test-bandit test-mutants audit-deps docs lint types arrows pytest bench bench-intake bench-rules bench-map bench-find bench-alerts bench-detect bench-special bench-load bench-scale fuzz vendor lock clean

help: ## 列出全部目标
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

install: ## 安装到 .venv（没有变化时立即结束）
	@sh .ci/install base

install-dev: ## 安装开发与测试所需，浏览器在内
	@sh .ci/install dev
	@sh .ci/install-test

demo: install ## 建立演示城市并在 http://127.0.0.1:8000 打开；CHECK=1 只逐页检查一遍
	@sh .ci/build-demo $(HOME_DIR)
ifeq ($(CHECK),1)
	@$(PY) -m webapp.check --home $(HOME_DIR)
else
	@$(PY) -m yaotong serve --home $(HOME_DIR) --host $(HOST) --port $(PORT)
endif

test: install-dev lint types arrows pytest ## 日常检验：风格、类型、依赖方向、测试（十几分钟）

test-postgres: ## 在临时的 PostgreSQL 上运行用到业务库的测试；ARGS="-k 名字" 可挑选
	@sh .ci/install dev
	@sh .ci/install-postgres
	@$(PY) -m pytest --database postgres -n $(JOBS) $(NOT_ON_POSTGRES) $(ON_POSTGRES) $(ARGS)

lint: ## 代码风格
	@sh .ci/install dev
	@$(PY) -m ruff check .

types: ## 类型
	@sh .ci/install dev
	@$(PY) -m mypy

arrows: ## 依赖方向
	@sh .ci/install dev
	@.venv/bin/lint-imports --no-logo

pytest: ## 只运行测试，浏览器里的除外；ARGS="tests/geo -k 名字" 可挑选
	@sh .ci/install dev
	@$(PY) -m pytest -n $(JOBS) -m "not slow and not browser" $(ARGS)

test-browser: ## 在真的 Chromium 里用一遍（约四分钟）
	@sh .ci/install dev
	@sh .ci/install-test
	@$(PY) -m pytest -n $(JOBS) -m "browser and not slow" tests/browser $(ARGS)

test-slow: ## 只运行慢的测试（约一刻钟）
	@sh .ci/install dev
	@$(PY) -m pytest -n $(JOBS) -m slow --ignore=tests/spark --ignore=tests/crash --ignore=tests/deploy --ignore=tests/faults $(ARGS)

test-spark: ## 在真的 Spark 集群（一主两从）上跑全部规则，与 DuckDB 对照（缺少时装 pyspark 与 Java）
	@sh .ci/install spark
	@sh .ci/install-java
	@$(PY) -m pytest -n 0 tests/spark $(ARGS)

test-crash: ## 200 次随机终止、逐次让系统调用失败，收数与办理都要完整（约二十分钟；CRASH=some 只抽几处）
	@sh .ci/install dev
	@YAOTONG_TEST_CRASH=$(or $(CRASH),all) $(PY) -m pytest -n $(JOBS) tests/crash $(ARGS)

test-deploy: ## 照着运维手册从头部署到恢复、不中断重启、核对 deploy/ 的文件（约三分钟；缺少时装 PostgreSQL、nginx）
	@sh .ci/install dev
	@sh .ci/install-postgres
	@sh .ci/install-deploy
	@$(PY) -m pytest -n 0 tests/deploy $(ARGS)

test-faults: ## 故障清单：满盘、库停、时钟跳、被终止、坏文件 …… 逐个对照 docs/faults.md（约一刻钟；FAULTS=tests/faults 只做别处没有的）
	@sh .ci/install dev
	@sh .ci/install-postgres
	@$(PY) -m pytest -n 0 -m fault $(FAULTS) $(ARGS)
	@$(PY) -m pytest -n 0 -m fault --database postgres $(if $(filter tests,$(FAULTS)),tests/postgres) tests/faults $(ARGS)

test-bandit: ## 程序里有没有不安全的写法（bandit，不用外网）
	@sh .ci/install dev
	@$(PY) -m bandit -q -r $(PACKAGES) -c pyproject.toml --severity-level medium

audit-deps: ## 依赖里有没有已公布的弱点（pip-audit；要连外网，CI 不跑）
	@sh .ci/install dev
	@$(PY) -m uv tool run pip-audit --disable-pip --require-hashes -r .ci/base.lock

test-mutants: ## 改坏代码的一处，看测试发现不发现（mutmut）；每个模块至少 85 %（约两分钟）
	@sh .ci/install dev
	@$(PY) .ci/mutants.py

docs: ## 文档：手写的与由代码得出的，合成 build/docs-site；有断了的链接就停下
	@sh .ci/install dev
	@$(PY) .ci/docs.py

bench: ## 运行 bench/bench_*.py
	@sh .ci/install dev
	@for one in bench/bench_*.py; do \
		[ -e "$$one" ] || { echo "bench/ 里还没有 bench_*.py"; break; }; \
		echo "== $$one"; $(PY) -m "bench.$$(basename "$$one" .py)" || exit 1; \
	done

bench-intake: ## 收一千万行，与别的做法比快慢（约十分钟）
	@sh .ci/install dev
	@$(PY) -m bench.bench_intake
	@$(PY) -m bench.bench_assign 600000 43000

bench-rules: ## 一年六千万行上的全部规则与夜间增量，同 pandas、PostgreSQL 比（约半小时）；LINES=3000000 可小试
	@sh .ci/install dev
	@sh .ci/install-postgres
	@$(PY) -m bench.bench_rules --city $(or $(LINES),60000000)

bench-map: ## 地图瓦片：六十万个点、一万个区域，同一次与 PostGIS 比快慢（约五分钟；没有 PostGIS 时只量自己）
	@sh .ci/install dev
	@$(PY) -m bench.bench_map
	@$(PY) -m bench.bench_map_read
	@$(PY) -m bench.bench_map_http

bench-find: ## 最近的药店：六十万家，同一次与 PostGIS、shapely 比快慢，再经 HTTP 与空的回答比（约三分钟；没有 PostGIS 时会说明）
	@sh .ci/install dev
	@$(PY) -m bench.bench_find

bench-alerts: ## 通知积压多久送完；十万条未结预警时工作台每页多少毫秒；一行销售从上传到通知多少秒（约八分钟）
	@sh .ci/install dev
	@$(PY) -m bench.bench_alerts
	@$(PY) -m bench.bench_desk
	@$(PY) -m bench.bench_live

bench-detect: ## 检测方法同公开的方法比：模拟的序列与地图上的命中、误报、快慢（约八分钟；SEEDS="1 2" 换种子）
	@sh .ci/install dev
	@$(PY) -m bench.bench_detect $(SEEDS)

bench-special: ## 特药：台账、收银机询问、两个实例各十万购药人比对、追溯码索引，逐项与要求对照，同一次与 DuckDB、PostgreSQL 比（约二十分钟、10 GB 盘；CODES="2000000" BUYERS=2000 可小试）
	@sh .ci/install dev
	@sh .ci/install-postgres
	@$(PY) -m bench.bench_special --buyers $(or $(BUYERS),100000) $(CODES)

bench-load: ## 混合负载（市民七成、地图两成、详情、上传一万行）：每秒请求、p50/p95/p99、错误、核对、内存；MINUTES=10
	@sh .ci/install dev
	@$(PY) -m bench.bench_load $(or $(MINUTES),10)

bench-scale: ## docs/scale.md 的曲线：规则书与一夜随行数，Spark 一个与两个 worker（约一小时；SIZES="1000000" 可小试）
	@sh .ci/install spark
	@sh .ci/install-java
	@sh .ci/install-postgres
	@for one in $(or $(SIZES),1000000 5000000 20000000 60000000); do \
		$(PY) -m bench.bench_rules --city $$one --peer-lines 1000000 --work build/scale || exit 1; done
	@$(PY) -m bench.scale_spark build/scale/city-1000000

fuzz: ## 读 COUNT 个变异文件（缺省 20000，SEED=1），每个都要以理由结束
	@sh .ci/install dev
	@$(PY) -m tests.intake.fuzzing --count $(or $(COUNT),20000) --seed $(or $(SEED),1) --jobs $(JOBS)

vendor: install ## 重新收取随程序分发的前端文件（需要 npm；平时不用）
	@npm ci --prefix webapp/vendor --ignore-scripts --no-audit --no-fund
	@$(PY) -m webapp.vendor.collect

lock: ## 依 pyproject.toml 重写 .ci/*.lock 与 environment.yml（UPGRADE=1 升级版本）
	@sh .ci/install dev
	@sh .ci/lock $(if $(filter 1,$(UPGRADE)),--upgrade)
	@$(PY) .ci/environment.py

clean: ## 删除生成物，保留 .venv
	@rm -rf build dist demo-home .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
