// The plan of a Python project, compared with what pip says it installed for it.
#include "cli/program.h"

namespace tapps::cli {
namespace {

// Makes wheels, has pip install a requirements file from them into a virtual environment, and
// prints what pip reports as asked for: normalized names with versions. Uses no network.
constexpr char kOracle[] = R"(
import json, os, re, subprocess, sys, zipfile
os.makedirs('../wheels')
def wheel(name, version, *needs):
    info = f'{name}-{version}.dist-info'
    with zipfile.ZipFile(f'../wheels/{name}-{version}-py3-none-any.whl', 'w') as z:
        z.writestr(f'{name}.py', '')
        z.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n'
                   + ''.join(f'Requires-Dist: {need}\n' for need in needs) + f'\n# {name}\n')
        z.writestr(f'{info}/WHEEL',
                   'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        z.writestr(f'{info}/RECORD', '')
wheel('Alpha_Lib', '1.2'); wheel('Alpha_Lib', '1.3')
for version in ('1.0', '1.4.1', '1.5', '2.0'):
    wheel('beta', version, 'hidden>=1')
wheel('hidden', '1.1')
wheel('gamma', '3.0rc1'); wheel('gamma', '2.9')
wheel('Delta.X', '1.0.7', 'hidden'); wheel('epsilon', '0.1')
def run(*command):
    return subprocess.run([sys.executable, '-m', *command], check=True, capture_output=True,
                          text=True).stdout
try:
    run('venv', '--without-pip', '.venv')
    pip = ['pip', '--python', '.venv/bin/python', '--disable-pip-version-check']
    run(*pip, '--version')
except subprocess.CalledProcessError as e:
    sys.exit('SKIP ' + e.stderr)
run(*pip, 'install', '--no-index', '--find-links', '../wheels', '-r', 'requirements.txt')
print(json.dumps({re.sub('[-_.]+', '-', p['metadata']['name']).lower(): p['metadata']['version']
                  for p in json.loads(run(*pip, 'inspect'))['installed'] if p['requested']}))
)";

using PipTest = ProgramTest;

TEST_F(PipTest, ThePlanOfAPythonProjectIsWhatPipWasAskedFor) {
  dir_.Write("app/requirements.txt",
             "# what the app needs\n"
             "alpha-lib == 1.2\n"
             "Beta >= 1, \\\n  < 2  # not two\n"
             "-r more/base.txt\n"
             "-c limits.txt\n"
             "delta_x[fast] ~= 1.0 ; python_version >= '3.6'\n");
  dir_.Write("app/more/base.txt", "gamma\nEPSILON==0.1\n");
  dir_.Write("app/limits.txt", "beta<1.5\nnot-wanted==9\n");
  options_.folder = dir_.File("app");
  options_.deadline = std::chrono::seconds(90);
  const auto judged = test::RunChild({"python3", "-B", dir_.Write("oracle.py", kOracle)}, options_);
  if (judged.err.starts_with("SKIP")) GTEST_SKIP() << "no venv, or pip before 22.3: " << judged.err;
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  const auto expected = nlohmann::json::parse(judged.out);
  ASSERT_EQ(expected.size(), 5U) << judged.out;

  nlohmann::json planned = nlohmann::json::object();
  const auto plan = Json({"warm", dir_.File("app"), "--dry-run"});
  for (const auto& item : plan["items"]) {
    if (item["direct"]) planned[item["library"].get<std::string>()] = item["version"];
  }
  EXPECT_EQ(planned, expected);
}

}  // namespace
}  // namespace tapps::cli
