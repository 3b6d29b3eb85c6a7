using System.Reflection;
using Newtonsoft.Json.Linq;
using Upscale;

namespace Turning;

/// <summary>Makes turning stages.</summary>
public sealed class TurningStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        services.Warn($"Turning reads JSON with {typeof(JArray).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}");
        string[] axes = [.. JArray.Parse(options.GetString("axes")!).Values<string>()!];
        return new TurningStage(axes.Contains("x"), axes.Contains("y"));
    }
}
