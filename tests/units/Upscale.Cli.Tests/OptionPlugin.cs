using Upscale.Testing;

namespace Upscale.Cli.Tests;

/// <summary>The interpolation once more as a plugin whose stage takes every option of a run; found by what is started until it is disposed.</summary>
internal sealed class OptionPlugin : IDisposable
{
    public const string Stage = "optional";

    private const string Variable = "UPSCALE_PLUGIN_PATH";
    private const string Manifest = $$"""
        {
          "id": "Optional", "contract": 1, "assembly": "Interpolation.dll",
          "stages": [
            {
              "id": "{{Stage}}", "type": "Upscale.Interpolation.InterpolationStageFactory",
              "options": [
                { "name": "kernel", "type": "string", "default": "bilinear" },
                { "name": "width", "type": "integer" },
                { "name": "height", "type": "integer" },
                { "name": "prompt", "type": "string" },
                { "name": "negativePrompt", "type": "string" },
                { "name": "guidance", "type": "number" },
                { "name": "steps", "type": "integer" },
                { "name": "strength", "type": "number" },
                { "name": "scheduler", "type": "choice", "choices": ["ddim", "euler"] },
                { "name": "temperature", "type": "number" },
                { "name": "mask", "type": "path" },
                { "name": "colorFix", "type": "choice", "choices": ["none", "wavelet"] },
                { "name": "consistency", "type": "number" }
              ]
            }
          ]
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale-plugin-");

    public OptionPlugin()
    {
        DirectoryInfo plugin = _folder.CreateSubdirectory("Optional");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TestData.Root, "module", "bin", "plugins", "Interpolation"), "*.dll"))
            File.Copy(file, Path.Combine(plugin.FullName, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(plugin.FullName, "plugin.json"), Manifest);
        Environment.SetEnvironmentVariable(Variable, _folder.FullName);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Delete(recursive: true);
    }
}
