using System.Reflection;
using Newtonsoft.Json;
using Upscale;

namespace Toning;

/// <summary>Makes toning stages.</summary>
public sealed class ToningStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        services.Warn($"Toning reads JSON with {typeof(JsonConvert).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}");
        return new ToningStage(JsonConvert.DeserializeObject<float[][]>(options.GetString("matrix")!)!, services);
    }
}
